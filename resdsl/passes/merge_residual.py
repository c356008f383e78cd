"""A sum of linear paths, a residual around one convolution among them, as one convolution."""

from __future__ import annotations

from math import prod

from resdsl.graph import Node, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.bn import Bn
from resdsl.ops.conv import Conv
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Formula, Plus
from resdsl.passes.layers import closed_scopes
from resdsl.passes.linear_paths import LinearPath, bias, kernel, linear_path, misfit


class MergeResidual(Pass):
    """conv_W(x) + x = conv_{W + dirac}(x): the shortcut is one more tap in the middle of the kernel.

    The same for every sum of linear maps of one value: convolutions whose taps are among those of the largest (a 1x1
    projection; the branches of Ding et al., arXiv:2101.03697), the identity, and the shortcut that takes every
    n-th position and adds zero channels (option A), each times a constant.

    Conditions: every branch begins at the same x and is one convolution, or none; fold_batchnorm has been applied.
    Strides are equal (1 for the identity). Unless all windows are equal, they are centred: an odd kernel, padded by
    dilation * (k - 1) / 2. Groups are equal. No convolution's value is used elsewhere, nothing is shared, and the
    branch is never dropped; convolutions and sum stand in the same branch that may be, or auxiliary head. A training
    step is the same: the new kernel is a sum.
    """

    name = "merge_residual"
    summary = "a residual around one convolution, and other sums of convolutions of one value, become one convolution"
    trains = True

    def apply(self, to: Rewriter) -> None:
        for total in to.draft.order():
            if total.op.kind != "add" or total.scope.kind not in (ScopeKind.RESIDUAL, ScopeKind.MERGE):
                continue
            paths = [linear_path(to.draft, end, total) for end in to.draft.operands(total)]
            if not any(path.conv for path in paths):
                to.refuse(total, _what_is_there(to.draft, total))
                continue
            main = max(paths, key=_taps)
            why = _obstacle(to.draft, total, paths, main)
            if why:
                to.refuse(total, why)
            else:
                _merge(to, total, paths, main)


def _taps(path: LinearPath) -> int:
    return prod(path.window().k) if path.conv else 0


def _what_is_there(draft: Draft, total: Node) -> str:
    ends = draft.operands(total)
    if any(isinstance(end.op, Bn) for end in ends):
        return "it adds normalised values: fold_batchnorm comes first"
    return f"it adds results of {', '.join(dict.fromkeys(end.op.kind for end in ends))}, and of no convolution"


def _obstacle(draft: Draft, total: Node, paths: list[LinearPath], main: LinearPath) -> str:
    source = main.source
    for path in paths:
        if path.source is not source:
            return _other_source(path, main)
    if total.scope.survival is not None:
        return "its branch may be dropped"
    for path in paths:
        if any(draft.is_shared(step) for step in path.steps):
            return f"the weights of {path.words} are shared"
        if any(closed_scopes(step) != closed_scopes(total) for step in path.steps):
            return f"{path.words} does not stand in the same dropped branch or auxiliary head"
        if why := misfit(path, main):
            return why
    return ""


def _other_source(path: LinearPath, main: LinearPath) -> str:
    """Why two paths do not begin at one value."""
    if isinstance(path.source.op, Bn) or isinstance(main.source.op, Bn):
        return "a normalisation stands between the convolution and the sum, or before it: fold_batchnorm comes first"
    reads = f"{main.words} reads the result of {main.source.op.kind}, not the value that {path.words} begins at"
    return f"{reads}: a branch is more than one convolution"


def _merge(to: Rewriter, total: Node, paths: list[LinearPath], main: LinearPath) -> None:
    draft, node, scope = to.draft, main.conv, total.scope
    assert node is not None
    assert isinstance(node.op, Conv)
    k = main.window().k
    order = [main, *(path for path in paths if path is not main)]
    formulas: dict[str, Formula] = {"weight": Plus(tuple(kernel(to, path, k, node.op.groups) for path in order))}
    biases = [(path.conv, found) for path in order if (found := bias(to, path)) is not None]
    op = node.op
    if biases:
        formulas["bias"] = Plus(tuple(found for _, found in biases)) if len(biases) > 1 else biases[0][1]
        if op.bias is False:
            op = op.model_copy(update={"bias": True})
    to.did(total, f"{node.path} computes {' + '.join(path.words for path in order)}")
    draft.rewire(node, [main.source])
    draft.substitute(total, node)
    draft.erase(total)
    for path in paths:
        for step in reversed(path.steps):
            if step is not node:
                draft.erase(step)
    to.reoperate(node, op, **formulas)
    draft.dissolve_construct(scope)
    draft.mark(node.scope)
