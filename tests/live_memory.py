"""Counts the bytes of living tensors while code runs on the meta device: no memory, no arithmetic.

What a kernel allocates inside itself is not seen. Attention is replaced by its result alone (a
memory-efficient kernel); convolutions can be charged a copy of their input and output.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Peak bytes of all storages made while it is active.

    Attributes:
        peak: of tensors alone.
        peak_with_workspace: while a convolution also holds its input and output once more.
    """

    def __init__(self, *models: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        weights = [tensor for model in models for tensor in model.state_dict().values()]
        self._sizes = {tensor.untyped_storage()._cdata: 0 for tensor in weights}
        self._now = 0
        self.peak = 0
        self.peak_with_workspace = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._count(tensor)
        self.peak = max(self.peak, self._now)
        workspace = 0
        if func is torch.ops.aten.convolution.default:
            workspace = args[0].nbytes + result.nbytes
        self.peak_with_workspace = max(self.peak_with_workspace, self._now + workspace)
        return result

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self._sizes:
            self._sizes[key] = storage.nbytes()
            self._now += storage.nbytes()
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self._now -= self._sizes.pop(key, 0)


class EfficientAttention(TorchFunctionMode):
    """Attention that allocates its result and nothing else."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is nn.functional.scaled_dot_product_attention:
            return torch.empty_like(args[0])
        return func(*args, **(kwargs or {}))
