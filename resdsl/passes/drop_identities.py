"""Steps that do nothing in eval: dropout, and the identity."""

from __future__ import annotations

from resdsl.ops.base import Role
from resdsl.passes.base import Pass, Rewriter


class DropIdentities(Pass):
    """Removes every dropout and every `identity`: in eval they return what they get.

    A pooling or dropout-free net stays as it is. An `identity` that a merge takes beside its own source stays a branch
    without a step.
    """

    name = "drop_identities"
    summary = "remove dropout and identity steps, which do nothing in eval"

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if node.op.role is Role.DROPOUT or node.op.kind == "identity":
                to.did(node, f"removed {node.op.kind}")
                to.draft.bypass(node)
