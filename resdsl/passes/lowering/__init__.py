"""Rewrites for the machine: a graph of operators of the language to one of layers that run fast, exact in eval.

`lower(graph, ...)` follows `rewrite(graph, INFERENCE)`. What it makes has no `.res` text; it is emitted as source.
"""

from __future__ import annotations

from resdsl.graph import Graph
from resdsl.passes import Pass, Rewritten, run
from resdsl.passes.lowering.buffers import GrowInPlace
from resdsl.passes.lowering.epilogues import FuseEpilogues
from resdsl.passes.lowering.layouts import PutChannelsLast
from resdsl.passes.lowering.normalisations import LowerNormalisations

__all__ = ["lower"]


def lower(graph: Graph, *, channels_last: bool, onednn: bool = True) -> Rewritten:
    """The graph in fused layers. `onednn` allows what only pays on the CPU: buffers that grow, packed linear layers."""
    passes: list[Pass] = [LowerNormalisations(), FuseEpilogues(linear=onednn)]
    if channels_last and onednn:
        passes.append(GrowInPlace())
    if channels_last:
        passes.append(PutChannelsLast())
    return run(graph, passes)
