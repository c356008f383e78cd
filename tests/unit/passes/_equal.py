"""What the tests of passes share: texts to graphs, and the proof of a rewrite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import resdsl
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.graph import Graph
from resdsl.graph.text import to_text
from resdsl.passes import Rewritten, find_pass, rewrite
from resdsl.runtime.equality import DOUBLE, SINGLE, equality
from resdsl.source import Source


def graph_of(text: str) -> Graph:
    """Elaborates the model `net` of a text; any diagnostic fails the test."""
    report = Report()
    graph = build(load_program(Source("test.res", text), report), "net", report)
    report.raise_if_failed()
    assert graph is not None
    return graph


def steps(text: str, size: str = "4x8x8") -> Graph:
    """The net of a few steps for an input of that size."""
    return graph_of(f"model net {{ input {size}\n {text}\n }}")


def shipped(name: str, size: str | None = None, **params: Any) -> Graph:
    """A net that ships, for a small input."""
    return resdsl.load(name, input=size, **params).ir


def assert_equal(graph: Graph, passes: str | Iterable[str]) -> Rewritten:
    """Rewrites a graph and compares the outputs, and a training step where all passes claim that it is equal, too.

    The graph that is given must stay as it was, and something must have changed.
    """
    names = (passes,) if isinstance(passes, str) else tuple(passes)
    text = to_text(graph)
    done = rewrite(graph, names)
    assert to_text(graph) == text
    assert done.changes, done.refused
    found = equality(graph, done, training=all(find_pass(name).trains for name in names))
    assert found.double < DOUBLE, found
    assert found.single < SINGLE, found
    assert found.training is None or found.training < DOUBLE, found
    return done


def reasons(graph: Graph, name: str) -> list[str]:
    """What a pass says of the places it refuses; it must have changed nothing."""
    done = rewrite(graph, [name])
    assert not done.changes, done.changes
    nodes = [[(node.op, node.operands, node.path) for node in one.nodes()] for one in (graph, done.graph)]
    assert nodes[0] == nodes[1]
    return [refusal.what for refusal in done.refused]
