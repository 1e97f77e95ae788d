"""Ways to be faster with the same numbers: attention kernels, memory layout, compiling, uploads.

Axes: B batch, C channels, T frames, H W pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Literal, NamedTuple, get_args

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ...errors import SettingsError

COMPILE_VARIABLE: Final = "SPARKVSR_COMPILE"
CompileMode = Literal["0", "1", "graphs"]
_ATTENTION: Final = [
    SDPBackend.CUDNN_ATTENTION,
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]


def best_attention() -> AbstractContextManager[None]:
    """To be put around the transformer: the first of its kernels that can do the job is used.

    Best first; those that a device has not, or that refuse a shape or type, are passed over.
    """
    return sdpa_kernel(_ATTENTION, set_priority=True)


def use_channels_last(vae: AutoencoderKLCogVideoX) -> None:
    """Store the VAE's convolution weights channels last, which tensor cores read directly.

    Inputs in the other layout are brought into it by each convolution, so nothing else changes.
    For GPUs: on the CPU it was measured to be no faster.
    """
    for module in vae.modules():
        if isinstance(module, nn.Conv3d):
            _store(module, torch.channels_last_3d)
        elif isinstance(module, nn.Conv2d):
            _store(module, torch.channels_last)


def compile_mode(environ: Mapping[str, str] = os.environ) -> CompileMode:
    """What `SPARKVSR_COMPILE` asks for; off by default.

    Raises:
        SettingsError: it is none of 0, 1 and graphs.
    """
    asked = environ.get(COMPILE_VARIABLE, "0")
    for mode in get_args(CompileMode):
        if asked == mode:
            return mode  # type: ignore[no-any-return]
    raise SettingsError(f"{COMPILE_VARIABLE} is {asked!r}.", "Use 0, 1 or graphs, or remove it.")


class Compiled(NamedTuple):
    """What PyTorch compiles.

    Attributes:
        modules: those whose `forward` it is.
        why: a sentence for the job's events, empty when nothing was done.
    """

    modules: tuple[nn.Module, ...]
    why: str


def compile_models(
    vae: AutoencoderKLCogVideoX,
    transformer: CogVideoXTransformer3DModel,
    mode: CompileMode,
    backend: str | Callable[..., Any] = "inductor",
) -> Compiled:
    """Have PyTorch compile the models, each shape when it is first met (minutes, once a process).

    Mode `1` compiles a transformer block (all have the same code, so one serves them all) and the
    decoder. `graphs` also records the transformer's kernels as a CUDA graph, which saves launching
    them one by one; the decoder is left out of that, as its context must outlive each replay.

    Only `forward` is compiled, so that hooks of these modules stay outside of the compiled code.

    Args:
        backend: of torch.compile; tests use one that needs no C++ compiler.
    """
    if mode == "0":
        return Compiled((), "")
    _compile_forward(vae.decoder, backend)
    if mode == "1":
        for block in transformer.transformer_blocks:
            _compile_forward(block, backend)
        why = "The models are compiled; the first window takes longer."
        return Compiled((vae.decoder, *transformer.transformer_blocks), why)
    _record_graphs(transformer, backend)
    why = "The models are compiled and recorded as CUDA graphs; the first window takes longer."
    return Compiled((vae.decoder, transformer), why)


def uploaded(batches: Iterable[Tensor], device: torch.device) -> Iterator[Tensor]:
    """Bring batches to a device while it works on the one before.

    On a GPU a batch is put into pinned memory and copied on a stream of its own. The GPU works on
    the batch before meanwhile, as long as the caller does not wait for its results in between.
    On the CPU batches pass unchanged.
    """
    if device.type != "cuda":
        yield from batches
        return
    copying = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    for batch in batches:
        with torch.cuda.stream(copying):
            there = batch.pin_memory().to(device, non_blocking=True)
        computing = torch.cuda.current_stream(device)
        computing.wait_stream(copying)
        there.record_stream(computing)
        yield there


def _store(module: nn.Conv2d | nn.Conv3d, layout: torch.memory_format) -> None:
    module.weight.data = module.weight.data.contiguous(memory_format=layout)


def _compile_forward(module: nn.Module, backend: str | Callable[..., Any]) -> None:
    module.forward = torch.compile(module.forward, backend=backend, dynamic=False)


def _record_graphs(
    transformer: CogVideoXTransformer3DModel, backend: str | Callable[..., Any]
) -> None:
    """Results are copied: the next replay of a graph overwrites them."""
    mode = "reduce-overhead" if backend == "inductor" else None
    compiled = torch.compile(transformer.forward, backend=backend, mode=mode, dynamic=False)

    def forward(*args: Any, **options: Any) -> tuple[Tensor, ...]:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        results = compiled(*args, **options)  # type: ignore[no-untyped-call]
        return tuple(result.clone() for result in results)

    transformer.forward = forward
