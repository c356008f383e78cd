"""Dense connections without copies."""

from __future__ import annotations

from resdsl.graph import Node
from resdsl.ops.concat import Concat
from resdsl.ops.lowered.channel_affine import ChannelAffine
from resdsl.ops.lowered.grow import Append, Room
from resdsl.passes.base import Pass, Rewriter


class GrowInPlace(Pass):
    """Concatenations that each extend the one before write into one buffer, instead of copying all that is there.

    The values stay what they are: a later one's channels are written behind an earlier one's. Condition: whoever else
    reads one of these values normalises it, for a normalisation reads a part of a buffer as fast as a whole one.
    """

    name = "grow_in_place"
    summary = "dense connections in one buffer"

    def apply(self, to: Rewriter) -> None:
        done: set[int] = set()
        for node in to.draft.order():
            if node.id not in done:
                chain = _chain(to, node)
                done.update(link.id for link in chain)
                if len(chain) > 1:
                    _grow(to, chain)


def _chain(to: Rewriter, node: Node) -> list[Node]:
    """The concatenations from `node` on, each the first operand of the next."""
    chain: list[Node] = []
    following: Node | None = node
    while following is not None and _is_link(to, following):
        chain.append(following)
        users = to.draft.users(following)
        following = next((user for user in users if _extends(user, chain[-1])), None)
    return chain


def _extends(node: Node, value: Node) -> bool:
    return isinstance(node.op, Concat) and node.operands[0] == value.id


def _is_link(to: Rewriter, node: Node) -> bool:
    if not isinstance(node.op, Concat) or len(node.operands) != 2 or node.shape.dims != 2 or to.draft.is_shared(node):
        return False
    readers = to.draft.users(node)
    extended = [reader for reader in readers if _extends(reader, node)]
    others = [reader for reader in readers if reader not in extended]
    return len(extended) < 2 and all(isinstance(reader.op, ChannelAffine) for reader in others)


def _grow(to: Rewriter, chain: list[Node]) -> None:
    draft = to.draft
    first = draft.nodes[chain[0].operands[0]]
    room = draft.insert(Room(channels=chain[-1].shape.channels), [first], first, draft.fresh(first.scope, "room"))
    for user in draft.users(first):
        if user is not room:
            draft.rewire(user, [room if operand is first else operand for operand in draft.operands(user)])
    for link in chain:
        draft.reoperate(link, Append())
    to.did(chain[0], f"{len(chain)} concatenations in one buffer of {chain[-1].shape.channels} channels")
