"""What PyTorch says of a processor, and of memory, only under names without types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import torch
    from torch import nn


def onednn_computes(dtype: torch.dtype) -> bool:
    """Whether oneDNN is there, and computes in float32 or bfloat16 on this processor."""
    import torch

    untyped = cast("Any", torch)
    if not untyped.backends.mkldnn.is_available():
        return False
    return dtype == torch.float32 or bool(untyped.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - its only name


def put_channels_last(module: nn.Module) -> nn.Module:
    """The module itself, its weights with their channels innermost in memory."""
    import torch

    return cast("nn.Module", cast("Any", module).to(memory_format=torch.channels_last))
