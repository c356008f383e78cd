"""Which of two ways a layer is computed in: both are timed, on this machine, once for each kind of layer of a net."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from resdsl.graph import Graph
from resdsl.ops.lowered.fused_conv import FusedConv
from resdsl.passes.lowering import Layer, Target, layer_of
from resdsl.runtime.bench.protocol import interleave, timer_of
from resdsl.shapes import per_axis

if TYPE_CHECKING:
    import torch
    from torch import nn

VISITS = 2
"""Of each of two ways: enough for a difference that matters."""
MARGIN = 0.97
"""What the other way may take of the plain one's time."""
FLAGS: dict[Target, str] = {"cpu": "winograd", "cuda": "fused"}


def faster_kernels(graph: Graph, target: Target, batch: int, dtype: torch.dtype) -> dict[Layer, str]:
    """The layers of a lowered graph that their other way is faster for, each with the flag that chooses it.

    Layers that are equal are timed once. `channels_last` memory is assumed.
    """
    import torch

    flag = FLAGS[target]
    with torch.inference_mode():
        return {layer: flag for layer in _candidates(graph, target, dtype) if _gains(layer, flag, target, batch, dtype)}


def _candidates(graph: Graph, target: Target, dtype: torch.dtype) -> Iterator[Layer]:
    import torch

    seen: set[Layer] = set()
    for node in graph.nodes():
        if not isinstance(node.op, FusedConv):
            continue
        layer = layer_of(node.op, graph.shapes(node))
        fits = node.op.activation == "relu" if target == "cuda" else dtype == torch.float32 and _tiles(node.op)
        if fits and layer not in seen:
            seen.add(layer)
            yield layer


def _tiles(op: FusedConv) -> bool:
    """Whether F(4x4, 3x3) computes it: in single precision, for in half it would lose what the type has left."""
    geometry = per_axis(op.k, 2), per_axis(op.stride, 2), per_axis(op.dilation, 2)
    return geometry == ((3, 3), (1, 1), (1, 1)) and op.groups == 1


def _gains(layer: Layer, flag: str, target: Target, batch: int, dtype: torch.dtype) -> bool:
    import torch

    x = torch.randn(batch, *layer.x.full, device=target, dtype=dtype).contiguous(memory_format=torch.channels_last)
    plain, other = (_built(layer, flags, target).to(x) for flags in ({}, {flag: True}))
    operands = [x]
    if layer.added:
        operands.append(torch.randn_like(plain(x)))
    runs = {"plain": lambda: plain(*operands), "other": lambda: other(*operands)}
    times = interleave(runs, visits=VISITS, calls=2, timer=timer_of(target))
    return times["other"].min < MARGIN * times["plain"].min


def _built(layer: Layer, flags: dict[str, bool], target: Target) -> nn.Module:
    """The layer that a generated file would have, freshly initialised."""
    import torch

    support = import_module(f"resdsl.backends.torch.support.{target}")
    text = layer.op.model_copy(update=flags).torch((layer.x,)).layer
    assert text is not None
    arguments = {arg.name: arg.value for arg in text.args if arg.positional or arg.value != arg.default}
    built: nn.Module = getattr(support, text.target)(**arguments)
    cast("Any", built).to(memory_format=torch.channels_last)  # PyTorch's types do not know it
    return built
