"""The last sum of a pre-activation net, without the normalisation and activation that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Node
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.lints.trunks import PreActivation
from resdsl.ops.base import Role


class BareTrunk(GraphRule):
    """In a pre-activation net nothing has normalised or activated the sum of the last unit, since each unit does that
    at its own beginning: before the classifier stand one more normalisation and activation (arXiv:1603.05027,
    section 4.1). Without them the classifier sees a plain sum of all branches; with an activation alone it sees
    the sum at whatever scale it has grown to. A net whose units begin with an activation alone ends with one.
    """

    code = "W512"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        for unit in net.pre_activation_units:
            if (found := _head(net, unit.addition)) is None:
                continue
            head, norm, activation = found
            yield from self._report(unit, head, norm, activation)

    def _report(
        self, unit: PreActivation, head: Node, norm: Node | None, activation: Node | None
    ) -> Iterator[Diagnostic]:
        if activation is None:
            lacks = "normalised and activated" if unit.normalised and norm is None else "activated"
            node = head
        elif unit.normalised and norm is None:
            lacks, node = "normalised", activation
        else:
            return
        span = place(node)
        if span is None:
            return
        before = "before the pre-activation net's classifier" if node is head else f"before `{node.op.kind}`"
        steps = "bn -> relu" if unit.normalised else "relu"
        yield self.warning(
            f"the last sum is not {lacks} {before}",
            first_line(span),
            secondary=[Label(first_line(unit.scope.span), "it activates what it begins with, not what it gives")],
            help=f"the last unit is followed by `{steps}`",
        )


def _head(net: Net, addition: Node) -> tuple[Node, Node | None, Node | None] | None:
    """The linear layer, or convolution of a pooled value, that the trunk ends on, with the first normalisation and the
    first activation on the way; `None` where the trunk goes on, splits, or leaves the net."""
    norm = activation = None
    pooled = False
    node = net.only_user(addition)
    while node is not None:
        match node.op.role:
            case Role.LINEAR:
                return node, norm, activation
            case Role.CONV:
                return (node, norm, activation) if pooled else None
            case Role.MERGE:
                return None
            case Role.NORM:
                norm = norm or (node if activation is None else None)
            case Role.ACTIVATION:
                activation = activation or node
            case Role.POOL:
                pooled = pooled or set(node.shape.size) == {1}
        node = net.only_user(node)
    return None
