"""A step that does nothing after the one before it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Node
from resdsl.lints.base import GraphRule, Net, first_line, in_library
from resdsl.ops.base import Role
from resdsl.source import Span

NEVER_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softmax", "softplus"})
"""Activations whose values a rectifier leaves as they are."""
IDEMPOTENT = frozenset({"relu", "relu6", "bn", "instance_norm", "normalize"})
"""Steps that do nothing to what they have just done (a second normalisation, up to its own scale and shift)."""


class IdleStep(GraphRule):
    """A rectifier after an activation that is never negative, or the same normalisation twice in a row: usually a
    line that was copied, or a block that already ends with the step. Reported where both stand in the same braces.
    """

    code = "W517"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[Span] = set()
        for role in (Role.ACTIVATION, Role.NORM):
            for node in net.role(role):
                before = net.graph.node(node.operands[0])
                if (
                    _idle(before, node)
                    and node.scope is before.scope
                    and not in_library(node.span)
                    and node.span not in seen
                ):
                    seen.add(node.span)
                    yield self.warning(
                        f"`{node.op.kind}` does nothing after `{before.op.kind}`",
                        first_line(node.span),
                        secondary=[Label(first_line(before.span), "the step before it")],
                        help="take one of them out",
                    )


def _idle(before: Node, node: Node) -> bool:
    if node.op.kind == "relu" and before.op.kind in NEVER_NEGATIVE:
        return True
    return node.op.kind == before.op.kind and node.op.kind in IDEMPOTENT
