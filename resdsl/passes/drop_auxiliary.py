"""Auxiliary heads, which exist for training only."""

from __future__ import annotations

from resdsl.graph import AuxOutput
from resdsl.graph.draft import Draft
from resdsl.passes.base import Pass, Rewriter


class DropAuxiliary(Pass):
    """Removes the auxiliary heads and what they alone use, with the weights: no output of eval depends on them.

    Condition: nothing that stays has weights whose first use, after which they are called, goes.
    """

    name = "drop_auxiliary"
    summary = "remove auxiliary heads, which only training computes"

    def apply(self, to: Rewriter) -> None:
        draft = to.draft
        for head in tuple(draft.aux):
            end = draft.nodes[head.node]
            if _lends_weights(draft, head):
                to.refuse(
                    end, f"the auxiliary head {head.name} has the first use of weights that are used outside of it"
                )
            else:
                to.did(end, f"removed the auxiliary head {head.name}")
                draft.aux.remove(head)


def _lends_weights(draft: Draft, head: AuxOutput) -> bool:
    """Whether what is left without the head calls something whose first use is gone with it."""
    stays = draft.needed([*(one.node for one in draft.outputs), *(one.node for one in draft.aux if one is not head)])
    for id_ in stays:
        node = draft.nodes[id_]
        first = [above.alias_of for above in node.scope.ancestors() if above.alias_of is not None]
        if node.alias_of is not None and node.alias_of not in stays:
            return True
        if any(inner not in stays for scope in first for inner in scope.nodes()):
            return True
    return False
