"""A factor on a residual unit's branch, moved into the branch's own weights."""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction

from resdsl.graph import Node, Scope
from resdsl.ops.base import Role
from resdsl.passes.base import Rewriter
from resdsl.passes.formulas import Scaled

AFFINE = frozenset({Role.CONV, Role.LINEAR, Role.NORM, Role.SCALE})
"""Layers whose result is linear in all their weights together."""


def multiply_branch(to: Rewriter, unit: Scope, factor: Fraction) -> str:
    """Multiplies what a unit adds to its shortcut, in the weights of the layers it ends in; a training step is scaled,
    too.

    The factor goes back through what is homogeneous (f(p x) = p f(x): ReLUs, pools, merges) to the first layers with
    weights. Where that cannot be, nothing is changed and the reason is returned; otherwise `""`.
    """
    draft = to.draft
    merges = [draft.nodes[item] for item in unit.items if isinstance(item, int)]
    if why := _gate(merges):
        return why
    inside = set(unit.nodes())
    ends: dict[int, Node] = {}
    waiting = [draft.operands(merges[0])[0]]
    while waiting:
        node = waiting.pop()
        if why := _other_uses(to, node, inside):
            return why
        if node.op.homogeneous:
            waiting += draft.operands(node)
        elif why := _obstacle(to, node):
            return why
        else:
            ends[node.id] = node
    for node in ends.values():
        _multiply(to, node, factor)
    return ""


def _gate(merges: Sequence[Node]) -> str:
    return "" if len(merges) == 1 else "it is gated: its factor stands on a sigmoid, not on weights"


def _other_uses(to: Rewriter, node: Node, inside: Container[int]) -> str:
    if node.id not in inside or len(to.draft.users(node)) > 1 or to.draft.is_output(node):
        return f"{node.op.kind} has other uses than the end of the branch"
    return ""


def _obstacle(to: Rewriter, node: Node) -> str:
    if node.op.role not in AFFINE or not _learned(to, node):
        return f"it ends in {node.op.kind}, which has no weights that could take the factor"
    if to.draft.is_shared(node):
        return f"the weights of {node.path} are shared"
    return ""


def _learned(to: Rewriter, node: Node) -> list[str]:
    return [weight.name for weight in node.op.weights(to.draft.shapes(node)) if not weight.buffer]


def _multiply(to: Rewriter, node: Node, factor: Fraction) -> None:
    formulas = to.weights(node)
    for name in _learned(to, node):
        formulas[name] = Scaled(formulas[name], factor)
    to.set_weights(node, **formulas)
