"""Auxiliary heads, which exist for training only."""

from __future__ import annotations

from resdsl.passes.base import Pass, Rewriter


class DropAuxiliary(Pass):
    """Removes the auxiliary heads with their weights: no output of eval depends on them."""

    name = "drop_auxiliary"
    summary = "remove auxiliary heads, which only training computes"

    def apply(self, to: Rewriter) -> None:
        draft, kept = to.draft, []
        for head in draft.aux:
            end = draft.nodes[head.node]
            inside = [draft.nodes[id_] for id_ in head.scope.nodes()]
            if any(draft.is_shared(node) and node.alias_of is None for node in inside):
                to.refuse(end, f"the auxiliary head {head.name} has the first use of shared weights")
                kept.append(head)
            else:
                to.did(end, f"removed the auxiliary head {head.name}")
        draft.aux = kept
