"""A bias that the normalisation after it removes."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.diagnostics.model import Edit, Fix
from resdsl.graph import Node, ScopeKind
from resdsl.lints.base import GraphRule, Net, first_line, in_library, place, places
from resdsl.lints.calls import bias_in, call_at, default_bias
from resdsl.ops.base import Role
from resdsl.source import Span
from resdsl.syntax import tree

WHOLE_CHANNELS = frozenset({"bn", "instance_norm"})
"""Normalisations that subtract each channel's own mean, and with it whatever was added to the channel."""


class RemovedBias(GraphRule):
    """A convolution or linear layer with a bias, and nothing between it and a normalisation that subtracts each
    channel's mean: in training the bias is subtracted again, its gradient is zero, and it only costs memory (Ioffe
    and Szegedy, arXiv:1502.03167, section 3.2). Group normalisation removes it only where a group is one channel.
    Published weights may have such biases all the same; then the text keeps them, and an `allow` says why.
    """

    code = "W510"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[tuple[Span, Span | None]] = set()
        for norm in net.role(Role.NORM):
            if not _subtracts_means(net, norm):
                continue
            layer = net.graph.node(norm.operands[0])
            while layer.op.kind == "identity":
                layer = net.graph.node(layer.operands[0])
            if getattr(layer.op, "bias", False) is False or not _only_normalised(net, layer):
                continue
            key = (layer.span, layer.trace[0].span if layer.trace else None)
            if key not in seen:
                seen.add(key)
                yield from self._report(net, layer, norm)

    def _report(self, net: Net, layer: Node, norm: Node) -> Iterator[Diagnostic]:
        span, fixes = _where(net, layer)
        if span is None:
            return
        removed = place(norm)
        yield self.warning(
            f"the bias of `{layer.op.kind}` does nothing: the `{norm.op.kind}` after it subtracts each channel's mean",
            first_line(span),
            secondary=[Label(first_line(removed), "removed here")] if removed and removed != span else (),
            help="write bias=false",
            fixes=fixes,
        )


def _subtracts_means(net: Net, norm: Node) -> bool:
    if norm.op.kind in WHOLE_CHANNELS:
        return True
    return norm.op.kind == "gn" and getattr(norm.op, "groups", None) == net.graph.node(norm.operands[0]).shape.channels


def _only_normalised(net: Net, layer: Node) -> bool:
    """Whether all that uses a value subtracts its means (or hands it on unchanged to what does). Of a shared layer that
    would have to hold for each use; it is left alone.
    """
    if any(scope.kind is ScopeKind.SHARED for scope in layer.scope.ancestors()):
        return False
    waiting = [layer]
    while waiting:
        node = waiting.pop()
        if node.id in net.ends:
            return False
        for user in net.graph.consumers(node.id):
            if user.op.kind == "identity":
                waiting.append(user)
            elif not _subtracts_means(net, user):
                return False
    return True


def _where(net: Net, layer: Node) -> tuple[Span | None, tuple[Fix, ...]]:
    """Where a layer's bias is written (in its call, or in the `default` that gives it), and how to take it out."""
    call = call_at(net, layer.span)
    written = bias_in(call) if call else None
    if written is None and (given := default_bias(net, layer)) is not None:
        return given.span, ()
    if call is None or in_library(layer.span):
        return place(layer), ()
    if written is not None:
        return written.span, (Fix("write bias=false", (Edit(written.value.span, "false"),)),)
    return next(places(layer)), (Fix("add bias=false", (_added(call),)),)


def _added(call: tree.Call) -> Edit:
    """`bias=false` as the last argument of a call."""
    source, end = call.span.source, call.span.end
    if call.args is None:
        return Edit(Span(source, end, end), "(bias=false)")
    if not call.args:
        return Edit(Span(source, end - 1, end - 1), "bias=false")
    last = call.args[-1].span.end
    return Edit(Span(source, last, last), ", bias=false")
