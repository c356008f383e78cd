"""What a rewrite does where its condition does not hold: the reason why there is a condition."""

from __future__ import annotations

from importlib import import_module

import pytest

from resdsl.graph import Graph
from resdsl.passes import rewrite
from resdsl.runtime.equality import equality


def forced(monkeypatch: pytest.MonkeyPatch, graph: Graph, name: str, *conditions: str) -> float:
    """The difference that a pass makes when functions that find an obstacle find none: of its file, or `file.name`."""
    with monkeypatch.context() as patch:
        for condition in conditions or ("_obstacle",):
            room, _, function = f"{name}.{condition}".rpartition(".")
            patch.setattr(import_module(f"resdsl.passes.{room.rpartition('.')[2]}"), function, lambda *_: "")
        return difference(graph, name)


def difference(graph: Graph, name: str) -> float:
    """How far a pass, which must change something, moves the outputs in eval."""
    done = rewrite(graph, [name])
    assert done.changes
    return equality(graph, done).double
