"""`default` statements: what most applications of an operator are given alike is said once."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from resdsl.backends.res.values import argument_of, default_of, spelled
from resdsl.graph import Graph
from resdsl.ops.base import Operator

_FIELDS = ("bias", "init", "eps", "momentum", "affine", "gamma", "ceil", "padding_mode")
"""Arguments that are settings of a whole net rather than of one step."""
_LEAST = 3
"""Applications that a statement is for."""
_MOST_OTHERS = 4
"""One application in so many may be given something else."""

Defaults = dict[str, dict[str, Any]]
"""By operator and argument."""


def common_defaults(graph: Graph) -> Defaults:
    """The arguments that a model sets for all that follows; those of the operators themselves are left out."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    values: dict[str, Any] = {}
    for op in _operators(graph):
        for name in _FIELDS:
            if name in type(op).model_fields:
                value = argument_of(op, name)
                values[spelled(value)] = value
                counts[op.kind, name][spelled(value)] += 1
    found: Defaults = {}
    for (kind, name), count in sorted(counts.items(), key=lambda item: (item[0][0], _FIELDS.index(item[0][1]))):
        text, often = count.most_common(1)[0]
        others = count.total() - often
        if often >= _LEAST and others * _MOST_OTHERS <= count.total() and text != spelled(default_of(kind, name)):
            found.setdefault(kind, {})[name] = values[text]
    return found


def _operators(graph: Graph) -> list[Operator]:
    return [node.op for node in graph.nodes() if node.op.kind != "input"]
