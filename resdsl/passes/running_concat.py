"""Concatenations that share their first values: each from the one before."""

from __future__ import annotations

from resdsl.graph import Node
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.layers import closed_scopes


class RunningConcat(Pass):
    """concat(a, b), then concat(a, b, c) becomes concat(concat(a, b), c): the values of the first are copied as one.

    A dense block (Huang et al., arXiv:1608.06993, equation 2) that lists all values before each layer becomes one whose
    features run along: what `dense` writes. Conditions: an earlier concatenation is of the same values in the same
    order as a longer one begins with, and of at least two; it does not stand in a branch that may be dropped, an
    auxiliary head or a shared module that the longer one stands outside of. The longest such is taken. To the bit the
    same, in training too.
    """

    name = "running_concat"
    summary = "concatenate from the concatenation before, where lists of values begin alike"
    trains = True

    def apply(self, to: Rewriter) -> None:
        joined: dict[tuple[int, ...], Node] = {}
        for node in to.draft.order():
            if node.op.kind == "concat":
                values = node.operands
                _shorten(to, node, joined)
                joined.setdefault(values, node)


def _shorten(to: Rewriter, node: Node, joined: dict[tuple[int, ...], Node]) -> None:
    values = node.operands
    prefixes = (values[:n] for n in range(len(values) - 1, 1, -1))
    prefix = next((prefix for prefix in prefixes if prefix in joined), None)
    if prefix is None:
        if len(values) > 2:
            to.refuse(node, "no earlier concatenation is of the values that it begins with")
        return
    before = joined[prefix]
    if not closed_scopes(before) <= closed_scopes(node):
        to.refuse(node, "the one that it begins as stands in a dropped branch, auxiliary head or shared module")
        return
    if to.draft.is_shared(node) and closed_scopes(before) != closed_scopes(node):
        to.refuse(node, "it is shared, and the one that it begins as is that of one of its uses")
        return
    to.did(node, f"{len(prefix)} of its {len(values)} values are those of an earlier one")
    to.draft.rewire(node, [before, *to.draft.operands(node)[len(prefix) :]])
