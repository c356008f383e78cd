"""Batch normalisation after a convolution or linear layer, as part of its weights."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph import Node
from resdsl.ops.bn import Bn
from resdsl.ops.conv import Conv
from resdsl.ops.deconv import Deconv
from resdsl.ops.linear import Linear
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Along, Formula, InverseRoot, Plus, Scaled, Times
from resdsl.passes.layers import apart


class FoldBatchnorm(Pass):
    """conv -> bn becomes conv with s W and s (b - mu) + beta, where s = gamma / sqrt(var + eps).

    In eval a normalisation is an affine map of each channel by its running statistics, so what computes the channel can
    take it, whatever the kernel, stride, padding and groups. Conditions: the layer's value has no other use,
    neither layer's weights are shared, and both stand in the same branch that may be dropped, or auxiliary head.
    """

    name = "fold_batchnorm"
    summary = "fold batch normalisation into the convolution or linear layer before it"

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if isinstance(node.op, Bn):
                (source,) = to.draft.operands(node)
                why = _obstacle(to, source, node)
                if why:
                    to.refuse(node, why)
                else:
                    _fold(to, source, node)


def _obstacle(to: Rewriter, source: Node, norm: Node) -> str:
    if not isinstance(source.op, Conv | Deconv | Linear):
        return f"it normalises the result of {source.op.kind}, which has no weights to take it"
    return apart(to.draft, source, norm)


def _fold(to: Rewriter, source: Node, norm: Node) -> None:
    op = source.op
    assert isinstance(op, Conv | Deconv | Linear)
    mean, scale, shift = affine_of(to, norm)
    weights = to.weights(source)
    offset: Formula = Scaled(mean, Fraction(-1))
    if "bias" in weights:
        offset = Plus((weights["bias"], offset))
    bias: Formula = Times(offset, scale)
    if shift is not None:
        bias = Plus((bias, shift))
    axis = 1 if isinstance(op, Deconv) else 0
    to.did(norm, f"folded into {source.path}")
    to.draft.bypass(norm)
    to.reoperate(source, op.model_copy(update={"bias": True}), weight=Along(weights["weight"], scale, axis), bias=bias)


def affine_of(to: Rewriter, norm: Node) -> tuple[Formula, Formula, Formula | None]:
    """Mean, scale and shift of a normalisation in eval: scale (x - mean) + shift."""
    assert isinstance(norm.op, Bn)
    weights = to.weights(norm)
    scale: Formula = InverseRoot(weights["running_var"], norm.op.eps)
    if "weight" in weights:
        scale = Times(weights["weight"], scale)
    return weights["running_mean"], scale, weights.get("bias")
