"""A plain convolution as a residual around one."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.add import Add
from resdsl.ops.conv import Conv
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Dirac, Plus, Scaled
from resdsl.passes.layers import geometry_of
from resdsl.passes.linear_paths import is_centred


class SplitResidual(Pass):
    """conv_W(x) = conv_{W - dirac}(x) + x: every such convolution outside of residuals, the inverse of merge_residual.

    Conditions: as many channels before as behind, stride 1, a centred window (an odd kernel, padded by
    dilation * (k - 1) / 2), weights that are not shared; it is not all that there is of an auxiliary head. A training
    step is the same. Weight decay is not: it now draws the convolution towards the identity.
    """

    name = "split_residual"
    summary = "plain convolutions that keep their shape become residuals around one"
    trains = True

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if not isinstance(node.op, Conv) or any(map(_is_residual, node.scope.ancestors())):
                continue
            why = _obstacle(to.draft, node)
            if why:
                to.refuse(node, why)
            else:
                _split(to, node)
        draft, known = to.draft, set(to.draft.units)
        draft.units = [scope for scope in draft.root.walk() if scope in known]


def _is_residual(scope: Scope) -> bool:
    """Whether a scope adds a shortcut: a residual without one (`shortcut none`) does not."""
    return scope.kind is ScopeKind.RESIDUAL and any(not isinstance(item, Scope) for item in scope.items)


def _obstacle(draft: Draft, node: Node) -> str:
    assert isinstance(node.op, Conv)
    (x,) = draft.shapes(node)
    window = geometry_of(node.op, x)
    if x.channels != node.op.width:
        return f"it has {x.channels} channels before and {node.op.width} behind"
    if set(window.stride) != {1}:
        return "it has a stride, and x does not fit its result"
    if not is_centred(window):
        return "its window is not centred: an odd kernel, padded by dilation * (k - 1) / 2, is"
    if node.scope.kind is ScopeKind.AUX:
        return "it is all that there is of an auxiliary head, whose name it has"
    return "its weights are shared" if draft.is_shared(node) else ""


def _split(to: Rewriter, node: Node) -> None:
    draft = to.draft
    assert isinstance(node.op, Conv)
    (x,) = draft.operands(node)
    residual = draft.open(ScopeKind.RESIDUAL, node.scope, node)
    draft.move(residual, node)
    main = draft.open(ScopeKind.MAIN, residual, node)
    draft.put(node, main)
    shortcut = draft.open(ScopeKind.SHORTCUT, residual, node)
    total = draft.follow(node, Add(), [x], residual)
    residual.inputs, residual.outputs = [x.id], [total.id]
    main.inputs, main.outputs = [x.id], [node.id]
    shortcut.inputs, shortcut.outputs = [x.id], [x.id]
    draft.units.append(residual)
    draft.mark(node.scope)
    formulas = to.weights(node)
    shape = (node.op.width, node.op.width // node.op.groups, *geometry_of(node.op, x.shape).k)
    formulas["weight"] = Plus((formulas["weight"], Scaled(Dirac(shape, node.op.groups), Fraction(-1))))
    to.set_weights(node, **formulas)
    to.did(node, "adds its input")
