"""Concatenations of concatenations as one."""

from __future__ import annotations

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.layers import closed_scopes


class FlattenConcat(Pass):
    """concat(concat(a, b), c) becomes concat(a, b, c): every value is copied once and not twice.

    Conditions: the inner concatenation has no other use (as it has in a dense block, where it is computed anyway, and
    running_concat's form copies fewer tensors), and stands in the same shared module, dropped branch or auxiliary
    head. To the bit the same, in training too.
    """

    name = "flatten_concat"
    summary = "concatenate once, where a concatenation is used by another one alone"
    trains = True

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if node.op.kind == "concat":
                _flatten(to, node)


def _flatten(to: Rewriter, node: Node) -> None:
    draft = to.draft
    values: list[Node] = []
    inner: list[Node] = []
    for operand in draft.operands(node):
        if operand.op.kind != "concat":
            values.append(operand)
        elif draft.only_user(operand) is not node:
            to.refuse(node, "a concatenation in it has other uses")
            values.append(operand)
        elif closed_scopes(operand) != closed_scopes(node):
            to.refuse(node, "a concatenation in it stands in another dropped branch, auxiliary head or shared module")
            values.append(operand)
        else:
            values += draft.operands(operand)
            inner.append(operand)
    if inner:
        to.did(node, f"takes the values of {len(inner)} inner one{'s' if len(inner) > 1 else ''}")
        draft.rewire(node, values)
    for operand in inner:
        draft.erase(operand)
        _join_branches(draft, operand.scope, node.scope)


def _join_branches(draft: Draft, inner: Scope, outer: Scope) -> None:
    """The inner merge's branches become the outer one's, where it was a branch of that and nothing else."""
    branch = inner.parent
    alone = branch is not None and branch.kind is ScopeKind.BRANCH and branch.items == [inner]
    if branch is not None and alone and inner.kind is ScopeKind.MERGE and branch.parent is outer:
        draft.dissolve(inner)
        draft.dissolve(branch)
