"""What a rewrite does where its condition does not hold: the reason why there is a condition."""

from __future__ import annotations

from importlib import import_module

import pytest

from resdsl.graph import Graph
from resdsl.passes import rewrite
from resdsl.runtime.equality import equality


def forced(monkeypatch: pytest.MonkeyPatch, graph: Graph, name: str, *conditions: str, training: bool = False) -> float:
    """The difference that a pass makes when functions of its file that find an obstacle find none."""
    module = import_module(f"resdsl.passes.{name}")
    with monkeypatch.context() as patch:
        for condition in conditions or ("_obstacle",):
            patch.setattr(module, condition, lambda *_: "")
        done = rewrite(graph, [name])
    assert done.changes
    found = equality(graph, done, training=training)
    return found.double if found.training is None else max(found.double, found.training)
