"""Dropout right before a batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.ops.base import Role
from resdsl.source import Span


class DropoutBeforeNorm(GraphRule):
    """Dropout makes a value's variance larger in training than in eval, and the running variance of a batch
    normalisation right after it is that of training: in eval the net normalises by the wrong one (Li, Chen, Hu, Yang,
    arXiv:1801.05134, "variance shift"). With a layer between the two the shift is smaller, and nothing is reported.
    """

    code = "W519"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[Span] = set()
        for dropout in net.role(Role.DROPOUT):
            user = net.only_user(dropout)
            span = place(dropout)
            if user is None or span is None or user.op.kind != "bn" or span in seen:
                continue
            if getattr(dropout.op, "p", 1) == 0:
                continue
            seen.add(span)
            norm = place(user)
            yield self.warning(
                f"`{dropout.op.kind}` right before `bn`: its running variance is that of training, not of eval",
                first_line(span),
                secondary=[Label(first_line(norm), "normalised here")] if norm and norm != span else (),
                help=f"put `{dropout.op.kind}` after `bn`, or after the last normalisation of the net",
            )
