"""A classifier that ends with softmax."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.lints.base import GraphRule, Net, first_line, place


class Probabilities(GraphRule):
    """The output is a softmax. `nn.CrossEntropyLoss` applies the logarithm of softmax itself: trained with it, such a
    net sees softmax twice and learns slowly, without any error. A net that is meant to give probabilities says so in
    an `allow`.
    """

    code = "W518"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        for end in sorted(net.ends):
            node = net.graph.node(end)
            if node.op.kind == "softmax" and (span := place(node)) is not None:
                yield self.warning(
                    "the output is probabilities: a cross-entropy loss takes the values before softmax",
                    first_line(span),
                    notes=["nn.CrossEntropyLoss applies log-softmax itself, so the net would be trained through two"],
                    help="leave `softmax` to the loss, and to whoever uses the trained net",
                )
