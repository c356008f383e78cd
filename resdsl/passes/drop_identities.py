"""Steps that do nothing in eval: dropout, and the identity in its forms."""

from __future__ import annotations

from resdsl.graph import Node
from resdsl.ops.base import Role
from resdsl.ops.part import Part
from resdsl.ops.scale import Scale
from resdsl.ops.slice import Slice
from resdsl.passes.base import Pass, Rewriter


class DropIdentities(Pass):
    """Removes every step that returns in eval what it gets.

    That is dropout, `identity`, `scale(1)`, a slice or part that is the whole, and a merge of a single branch. Its uses
    become those of what it got; a branch that is left without a step is the merge's own input. There is no condition.
    """

    name = "drop_identities"
    summary = "remove dropout, identity and other steps that do nothing in eval"

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if _does_nothing(node, to.draft.operands(node)):
                to.did(node, f"removed {node.op.kind}")
                to.draft.bypass(node)


def _does_nothing(node: Node, operands: list[Node]) -> bool:
    op = node.op
    if isinstance(op, Scale):
        return op.factor == 1
    if isinstance(op, Part | Slice):
        return node.shape == operands[0].shape
    return op.role is Role.DROPOUT or op.kind == "identity" or (op.merge and len(operands) == 1)
