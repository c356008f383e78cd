"""Which values are never negative, whatever the weights are."""

from __future__ import annotations

from resdsl.graph import Node
from resdsl.graph.draft import Draft
from resdsl.ops.scale import Scale

MAKES = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softmax", "softplus"})
"""Operators whose result is not negative for any operand."""

KEEPS = frozenset(
    {
        *("add", "mul", "concat", "mean"),
        *("maxpool", "avgpool", "channel_max", "channel_mean", "dropout", "dropout_maps"),
        *("identity", "part", "slice", "pad_channels", "shuffle", "flatten", "reshape", "space_to_depth"),
    }
)
"""Operators whose result is not negative where no operand is."""


def is_non_negative(draft: Draft, node: Node) -> bool:
    """Whether the graph shows that no element of a value is below 0."""
    waiting, seen = [node], {node.id}
    while waiting:
        one = waiting.pop()
        if one.op.kind in MAKES:
            continue
        if one.op.kind not in KEEPS and not (isinstance(one.op, Scale) and one.op.factor >= 0):
            return False
        fresh = [operand for operand in draft.operands(one) if operand.id not in seen]
        seen.update(operand.id for operand in fresh)
        waiting += fresh
    return True
