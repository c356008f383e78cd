"""Steps that do nothing in eval: dropout, and the identity in its forms."""

from __future__ import annotations

from resdsl.graph import Node
from resdsl.graph.draft import Draft
from resdsl.ops.base import Role
from resdsl.ops.part import Part
from resdsl.ops.scale import Scale
from resdsl.ops.slice import Slice
from resdsl.passes.base import Pass, Rewriter


class DropIdentities(Pass):
    """Removes every step that returns in eval what it gets.

    That is dropout, `identity`, `scale(1)`, a slice or part that is the whole, and a merge of a single branch. Its uses
    become those of what it got; a branch that is left without a step is the merge's own input. Conditions: an auxiliary
    head keeps a step, and so does a shared slice or part, which may be less than the whole of another value.
    """

    name = "drop_identities"
    summary = "remove dropout, identity and other steps that do nothing in eval"

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if not _does_nothing(node, to.draft.operands(node)):
                continue
            if _is_head(to.draft, node):
                to.refuse(node, "it is all that there is of an auxiliary head")
            elif isinstance(node.op, Part | Slice) and to.draft.is_shared(node):
                to.refuse(node, "it is shared, and may be less than the whole of another value")
            else:
                to.did(node, f"removed {node.op.kind}")
                to.draft.bypass(node)


def _is_head(draft: Draft, node: Node) -> bool:
    """Whether an auxiliary head would be left without a step."""
    around = {*draft.operands(node)[0].scope.ancestors()}
    return any(head.node == node.id and head.scope not in around for head in draft.aux)


def _does_nothing(node: Node, operands: list[Node]) -> bool:
    op = node.op
    if isinstance(op, Scale):
        return op.factor == 1
    if isinstance(op, Part | Slice):
        return node.shape == operands[0].shape
    return op.role is Role.DROPOUT or op.kind == "identity" or (op.merge and len(operands) == 1)
