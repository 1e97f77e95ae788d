"""Linear layers with weights of 8 bits: half of the memory, computed in the type of the input.

torchao has the same (`Int8WeightOnlyConfig`), with the same error; it is not used because its
compiled parts must match PyTorch's exactly, and this is all that is needed of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...cancel import Cancelled, never, stop_if


class Int8Linear(nn.Module):
    """y = (x · w8ᵀ) · scale + bias, with one scale per output channel.

    8-bit integers are exact in bfloat16, so the only error is that of rounding the weights:
    at most half a step, 1/254 of the largest weight of the channel.

    Args:
        linear: what it stands for; its weights are read one layer at a time, so that both are
            never in memory for a whole model.
        device: where the new weights go.
    """

    def __init__(self, linear: nn.Linear, device: torch.device) -> None:
        super().__init__()
        weight = linear.weight.detach().to(device, torch.float32)
        scale = (weight.abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny)
        self.weight: Tensor
        self.scale: Tensor
        self.bias: Tensor | None
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale)
        bias = linear.bias
        self.register_buffer("bias", None if bias is None else bias.detach().to(device))

    def forward(self, input: Tensor) -> Tensor:
        """... inputs → ... outputs, in the type of the input."""
        output = functional.linear(input, self.weight.to(input.dtype)).mul_(self.scale)
        return output if self.bias is None else output.add_(self.bias)


def quantize_linears(module: nn.Module, device: torch.device, cancelled: Cancelled = never) -> None:
    """Put an `Int8Linear` on `device` in the place of every linear layer inside a module.

    Raises:
        CancelledError: `cancelled()` answered True; then only some of them are.
    """
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear):
            stop_if(cancelled)
            setattr(module, name, Int8Linear(child, device))
        else:
            quantize_linears(child, device, cancelled)
