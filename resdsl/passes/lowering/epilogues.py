"""Additions and activations as part of the convolution before them."""

from __future__ import annotations

from typing import Any

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.ops.add import Add
from resdsl.ops.conv import Conv
from resdsl.ops.linear import Linear
from resdsl.ops.lowered.fused_conv import ACTIVATIONS, FusedConv
from resdsl.ops.lowered.fused_linear import FusedLinear
from resdsl.passes.base import Pass, Rewriter


class FuseEpilogues(Pass):
    """conv, add, relu become one layer, `relu(conv(x) + residual)`; a convolution or linear layer takes its activation.

    Condition: each value has no other use, no weights are shared, and a convolution that takes an addition stands under
    the same name as the addition. The last convolution of a residual's main branch then comes after the shortcut.
    """

    name = "fuse_epilogues"
    summary = "additions and activations as part of the layer before them"

    def __init__(self, *, linear: bool) -> None:
        self.linear = linear

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if to.draft.is_shared(node):
                continue
            if isinstance(node.op, Conv) and _is_plain(node, to):
                self._convolution(to, node)
            elif self.linear and isinstance(node.op, Linear) and not node.shape.dims:
                fields = _fields(node.op)
                to.draft.reoperate(node, FusedLinear(**fields, activation=_take_activation(to, node)))
                to.did(node, "a fused layer")

    def _convolution(self, to: Rewriter, node: Node) -> None:
        assert isinstance(node.op, Conv)
        fields = _fields(node.op)
        total = to.draft.only_user(node)
        if total is not None and _may_take(to, node, total):
            _take_addition(to, node, total)
        to.draft.reoperate(node, FusedConv(**fields, activation=_take_activation(to, node)))
        to.did(node, "a fused layer")


def _fields(op: Conv | Linear) -> dict[str, Any]:
    return {name: getattr(op, name) for name in type(op).model_fields} | {"init": None}


def _is_plain(node: Node, to: Rewriter) -> bool:
    """Whether a convolution is over two axes, padded with zeros, equally on both sides."""
    text = node.op.torch(to.draft.shapes(node))
    assert isinstance(node.op, Conv)
    return node.shape.dims == 2 and node.op.padding_mode == "zeros" and text.before is None


def _take_activation(to: Rewriter, node: Node) -> str:
    user = to.draft.only_user(node)
    if user is None or user.op.kind not in ACTIVATIONS or to.draft.is_shared(user):
        return "none"
    if to.draft.residual(user) is not to.draft.residual(node):
        return "none"
    to.did(user, f"done by {node.path}")
    to.draft.bypass(user)
    return ACTIVATIONS[user.op.kind]


def _may_take(to: Rewriter, node: Node, total: Node) -> bool:
    operands = to.draft.operands(total)
    if not isinstance(total.op, Add) or len(operands) != 2 or len({operand.id for operand in operands}) != 2:
        return False
    return (
        not to.draft.is_shared(total)
        and total.scope.naming is node.scope.naming
        and to.draft.residual(total) is None
        and not any(scope.kind is ScopeKind.AUX for scope in node.scope.ancestors())
    )


def _take_addition(to: Rewriter, node: Node, total: Node) -> None:
    draft = to.draft
    other = next(operand for operand in draft.operands(total) if operand is not node)
    (source,) = draft.operands(node)
    _leave(node, source)
    draft.move(node, total, after=False)
    draft.rewire(node, (source, other))
    draft.substitute(total, node)
    to.did(total, f"done by {node.path}")
    draft.erase(total)


def _leave(node: Node, source: Node) -> None:
    """The scopes that end in a node now end in what it is computed from."""
    scope: Scope | None = node.scope
    while scope is not None and node.id in scope.outputs:
        scope.outputs = [source.id if value == node.id else value for value in scope.outputs]
        scope = scope.parent
