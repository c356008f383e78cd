"""Weights trained under one convention of stochastic depth, for the other.

`rescale test` (the paper): a branch is added as it is in training and times p in eval. `rescale train` (timm and
torchvision): it is divided by p in training and added as it is in eval. With the branch's last affine layer times p,
the second net computes exactly what the first does, in eval and for every mask in training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

AFFINE = {Role.CONV, Role.LINEAR, Role.NORM, Role.SCALE}


class RescaleError(ValueError):
    """A unit whose factor cannot be moved into its weights, and why."""


def rescale_weights(graph: Graph, state: Mapping[str, Tensor], to: str) -> dict[str, Tensor]:
    """The `state_dict` of the net that says `rescale` and `to` (`train` or `test`) where `graph`'s says the other word.

    Raises `RescaleError` where a unit is gated or its branch does not end in a layer whose weights can take the
    factor, and `ValueError` for another `to`.
    """
    if to not in ("train", "test"):
        raise ValueError(f"weights are rescaled to 'train' or 'test', not {to!r}")
    result = dict(state)
    for unit in graph.root.walk():
        if unit.kind is not ScopeKind.RESIDUAL or unit.survival is None or unit.survival.rescale == to:
            continue
        chance = float(unit.survival.chance)
        for key in _keys(graph, unit):
            result[key] = result[key] * (chance if to == "train" else 1 / chance)
    return result


def _keys(graph: Graph, unit: Scope) -> list[str]:
    """The tensors that the branch's result is linear in."""
    merges = [graph.node(item) for item in unit.items if isinstance(item, int)]
    if len(merges) > 1:
        raise RescaleError(f"{_place(unit)} is gated: its factor stands on a sigmoid, not on weights")
    inside = set(unit.nodes())
    keys: list[str] = []
    waiting = [merges[0].operands[0]]
    while waiting:
        node = graph.node(waiting.pop())
        if node.id not in inside or len(graph.consumers(node.id)) > 1:
            raise RescaleError(f"{_place(unit)}: {node.op.kind} has other uses than the end of the branch")
        if node.op.homogeneous:
            waiting += node.operands
        else:
            keys += _weights(graph, unit, node)
    return list(dict.fromkeys(keys))


def _weights(graph: Graph, unit: Scope, node: Node) -> list[str]:
    names = [weight.name for weight in node.op.weights(graph.shapes(node)) if not weight.buffer]
    if node.op.role not in AFFINE or not names:
        raise RescaleError(f"{_place(unit)} ends in {node.op.kind}, which has no weights that could take the factor")
    if node.alias_of is not None or any(scope.kind is ScopeKind.SHARED for scope in node.scope.ancestors()):
        raise RescaleError(f"{_place(unit)}: the weights of {node.path} are shared")
    return [f"{node.path}.{name}" if name else node.path for name in names]


def _place(unit: Scope) -> str:
    return f"the unit in {unit.path or 'the model'} ({unit.span})"
