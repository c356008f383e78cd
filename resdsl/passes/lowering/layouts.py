"""Channels innermost in memory."""

from __future__ import annotations

from resdsl.ops.lowered.layout import ChannelsLast
from resdsl.passes.base import Pass, Rewriter


class PutChannelsLast(Pass):
    """Inputs with two axes are laid out with their channels innermost, and what is computed of them stays so."""

    name = "put_channels_last"
    summary = "inputs with their channels innermost in memory"

    def apply(self, to: Rewriter) -> None:
        draft = to.draft
        for node in [draft.nodes[id_] for id_ in draft.inputs if draft.nodes[id_].shape.dims == 2]:
            moved = draft.insert(ChannelsLast(), [node], node, None)
            for user in draft.users(node):
                if user is not moved:
                    draft.rewire(user, [moved if operand is node else operand for operand in draft.operands(user)])
            to.did(node, "laid out with its channels last")
