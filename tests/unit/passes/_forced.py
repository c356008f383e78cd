"""What a rewrite does where its condition does not hold: the reason why there is a condition."""

from __future__ import annotations

from importlib import import_module

import pytest

from resdsl.graph import Graph
from resdsl.passes import rewrite
from resdsl.runtime.equality import equality
from tests.unit.passes._equal import reasons

WRONG = 1e-3
"""A relative difference that no rounding makes."""


def forced(monkeypatch: pytest.MonkeyPatch, graph: Graph, name: str, *conditions: str) -> float:
    """The difference that a pass makes when functions that find an obstacle find none: of its file, or `file.name`."""
    with monkeypatch.context() as patch:
        for condition in conditions or ("_obstacle",):
            room, _, function = f"{name}.{condition}".rpartition(".")
            patch.setattr(import_module(f"resdsl.passes.{room.rpartition('.')[2]}"), function, lambda *_: "")
        return difference(graph, name)


def assert_needed(monkeypatch: pytest.MonkeyPatch, graph: Graph, name: str, why: str, *conditions: str) -> None:
    """A pass refuses a place for a reason, and without the condition would make another net of it."""
    assert any(why in one for one in reasons(graph, name))
    assert forced(monkeypatch, graph, name, *conditions) > WRONG


def difference(graph: Graph, name: str) -> float:
    """How far a pass, which must change something, moves the outputs in eval."""
    done = rewrite(graph, [name])
    assert done.changes
    return equality(graph, done).double
