"""An activation between the units of a pre-activation net."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.ops.base import Role


class ActivatedTrunk(GraphRule):
    """Units that activate their input themselves leave the path of their shortcuts linear: what one adds reaches all
    later ones unchanged (arXiv:1603.05027, equation 4). An activation on the sum of one such unit, from which the
    identity shortcut of the next one starts, cuts that path: from there on the trunk only grows.
    """

    code = "W511"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        additions: set[int] = set()
        for unit in net.pre_activation_units:
            source = net.graph.node(unit.source)
            if unit.bare and source.op.role is Role.ACTIVATION and source.operands[0] in additions:
                span, head = place(source), first_line(unit.scope.span)
                if span is not None:
                    yield self.warning(
                        f"`{source.op.kind}` stands between two pre-activation units, on the path of their shortcuts",
                        first_line(span),
                        secondary=[Label(head, "this unit activates its input itself")],
                        help=f"take `{source.op.kind}` out; one normalisation and activation follow the last unit",
                    )
            additions.add(unit.addition.id)
