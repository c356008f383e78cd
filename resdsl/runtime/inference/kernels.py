"""Which of several ways a layer is computed in: all are timed on this machine, once for each kind of layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING

from resdsl.graph import Graph
from resdsl.ops.lowered.fused_conv import FusedConv
from resdsl.passes.lowering import Layer, Target, layer_of
from resdsl.runtime.bench.protocol import Run, interleave, timer_of
from resdsl.runtime.processors import put_channels_last
from resdsl.shapes import per_axis

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

MARGIN = 0.97
"""What another way may take of the direct one's time."""
VISITS = 3
LARGEST = 48 << 20
"""Bytes of a net's weights that pass through the caches between two calls, at most: more than most caches hold."""


def faster_kernels(graph: Graph, target: Target, batch: int, dtype: torch.dtype) -> dict[Layer, str]:
    """The layers of a lowered graph that are faster another way than directly, each with that way.

    Layers that are equal are timed once, with their activations' channels innermost in memory, and with as many bytes
    read between two calls as the net has weights: within a net a layer finds its weights where the rest has left them.
    """
    import torch

    chosen: dict[Layer, str] = {}
    weights = sum(prod(weight.shape) for _, weight, _ in graph.weights())
    with torch.inference_mode():
        rest = torch.zeros(min(4 * weights, LARGEST) // 4, device=target)
        for layer in dict.fromkeys(_layers(graph)):
            ways = _ways(layer.op, target, dtype)
            if ways and (best := _fastest(layer, ways, target, batch, dtype, rest)):
                chosen[layer] = best
    return chosen


def _layers(graph: Graph) -> Iterator[Layer]:
    for node in graph.nodes():
        if isinstance(node.op, FusedConv):
            yield layer_of(node.op, graph.shapes(node))


def _ways(op: FusedConv, target: Target, dtype: torch.dtype) -> tuple[str, ...]:
    """How else a convolution could be computed. In half precision, Winograd would lose what the type has left."""
    import torch

    if target == "cuda":
        return ("cudnn",) if op.activation == "relu" else ()
    steps = (op.groups, *per_axis(op.stride, 2), *per_axis(op.dilation, 2))
    tiled = per_axis(op.k, 2) == (3, 3) and set(steps) == {1}
    return ("winograd",) if tiled and dtype == torch.float32 else ()


def _fastest(
    layer: Layer, ways: tuple[str, ...], target: Target, batch: int, dtype: torch.dtype, rest: Tensor
) -> str | None:
    """The way that takes less than `MARGIN` of the direct one's time, if any does, each as the graph it will be in."""
    import torch

    x = torch.randn(batch, *layer.x.full, device=target, dtype=dtype).contiguous(memory_format=torch.channels_last)
    captured = import_module(f"resdsl.backends.torch.support.{target}").Captured
    modules = {way: _built(layer, way, target).to(x) for way in ("direct", *ways)}
    operands = [x, torch.randn_like(modules["direct"](x))] if layer.added else [x]
    calls: dict[str, Run] = {way: partial(captured(module), *operands) for way, module in modules.items()}
    timer = timer_of(target)

    def cold(call: Run) -> float:
        rest.sum()
        return timer(call)

    times = interleave(calls, visits=VISITS, calls=1, timer=cold)
    best = min(ways, key=lambda way: times[way].min)
    return best if times[best].min < MARGIN * times["direct"].min else None


def _built(layer: Layer, way: str, target: Target) -> nn.Module:
    """The layer that a generated file would have, freshly initialised."""

    support = import_module(f"resdsl.backends.torch.support.{target}")
    text = layer.op.model_copy(update={"kernel": way}).torch((layer.x,)).layer
    assert text is not None
    arguments = {arg.name: arg.value for arg in text.args if arg.positional or arg.value != arg.default}
    built: nn.Module = getattr(support, text.target)(**arguments)
    return put_channels_last(built)
