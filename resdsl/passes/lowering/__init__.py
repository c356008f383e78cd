"""Rewrites for the machine: a graph of operators of the language to one of layers that run fast, exact in eval.

`lower(graph, ...)` follows `rewrite(graph, INFERENCE)`. What it makes has no `.res` text; it is emitted as source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from resdsl.graph import Graph
from resdsl.passes import Pass, Rewritten, run
from resdsl.passes.lowering.buffers import GrowInPlace
from resdsl.passes.lowering.epilogues import FuseEpilogues
from resdsl.passes.lowering.kernels import ChooseKernels, Layer, layer_of
from resdsl.passes.lowering.layouts import PutChannelsLast
from resdsl.passes.lowering.normalisations import LowerNormalisations

Target = Literal["cpu", "cuda"]

__all__ = ["Layer", "Target", "choose", "layer_of", "lower"]


def lower(graph: Graph, target: Target, *, channels_last: bool = True) -> Rewritten:
    """The graph in fused layers, for the CPU or for CUDA devices."""
    passes: list[Pass] = [LowerNormalisations(), FuseEpilogues(linear=target == "cpu")]
    if channels_last and target == "cpu":
        passes.append(GrowInPlace())
    if channels_last:
        passes.append(PutChannelsLast())
    return run(graph, passes)


def choose(graph: Graph, chosen: Mapping[Layer, str]) -> Rewritten:
    """A lowered graph in which some layers are computed another way, by what `layer_of` says of them."""
    return run(graph, [ChooseKernels(chosen)])
