"""Auxiliary heads, which exist for training only."""

from __future__ import annotations

from resdsl.graph import AuxOutput
from resdsl.graph.draft import Draft
from resdsl.passes.base import Pass, Rewriter


class DropAuxiliary(Pass):
    """Removes the auxiliary heads with their weights: no output of eval depends on them.

    Condition: nothing outside a head has weights whose first use, after which they are called, is in the head.
    """

    name = "drop_auxiliary"
    summary = "remove auxiliary heads, which only training computes"

    def apply(self, to: Rewriter) -> None:
        kept = []
        for head in to.draft.aux:
            end = to.draft.nodes[head.node]
            if _lends_weights(to.draft, head):
                to.refuse(
                    end, f"the auxiliary head {head.name} has the first use of weights that are used outside of it"
                )
                kept.append(head)
            else:
                to.did(end, f"removed the auxiliary head {head.name}")
        to.draft.aux = kept


def _lends_weights(draft: Draft, head: AuxOutput) -> bool:
    inside, scopes = set(head.scope.nodes()), set(head.scope.walk())
    for node in draft.order():
        if node.id in inside:
            continue
        if node.alias_of in inside or any(above.alias_of in scopes for above in node.scope.ancestors()):
            return True
    return False
