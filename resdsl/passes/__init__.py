"""Rewrites: graph to graph, one file a pass, each with its conditions and the way of its weights.

`rewrite(graph, names)` applies passes one after the other; `PASSES` are all there are, and `INFERENCE` those that
`resdsl compile --for inference` applies, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from resdsl.graph import Graph
from resdsl.passes.base import Change, Pass, Refusal, Rewriter, Rewritten
from resdsl.passes.formulas import Formula, Given

PASSES = (
    "drop_identities",
    "drop_auxiliary",
    "fold_batchnorm",
    "fold_forward",
    "fold_survival",
    "merge_parallel",
    "pool_first",
    "running_concat",
    "flatten_concat",
    "group_branches",
    "split_groups",
    "split_groups_late",
    "merge_residual",
    "split_residual",
    "plain_blocks",
)
"""Every pass by its name."""

INFERENCE = (
    "drop_auxiliary",
    "drop_identities",
    "fold_survival",
    "group_branches",
    "fold_batchnorm",
    "pool_first",
)
"""What makes a net faster in eval, in an order in which each makes room for the next."""

__all__ = ["INFERENCE", "PASSES", "Change", "Formula", "Pass", "Refusal", "Rewritten", "find_pass", "rewrite", "run"]


@cache
def find_pass(name: str) -> Pass:
    """The pass of that name, one of `PASSES`."""
    module = import_module(f"resdsl.passes.{name}")
    (cls,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Pass) and value.__module__ == module.__name__
    )
    return cls()


def rewrite(graph: Graph, names: Iterable[str]) -> Rewritten:
    """A graph after passes, by their names, one after the other. The graph that is given stays as it is."""
    return run(graph, map(find_pass, names))


def run(graph: Graph, passes: Iterable[Pass]) -> Rewritten:
    """A graph after passes, and how its weights follow from those it had before the first.

    A pass that recorded no change made none: its graph is the one before it.
    """
    done = Rewritten(graph, {key: Given(key) for key, _, _ in graph.weights()}, (), ())
    for one in passes:
        rewriter = Rewriter(done.graph, one.name)
        one.apply(rewriter)
        if rewriter.changes:
            done = done.then(rewriter.finish())
        else:
            done = Rewritten(done.graph, done.weights, done.changes, (*done.refused, *rewriter.refused))
    return done
