"""Batch normalisation before a convolution or linear layer, as part of its weights."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph import Node
from resdsl.ops.bn import Bn
from resdsl.ops.conv import Conv
from resdsl.ops.linear import Linear
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.fold_batchnorm import affine_of
from resdsl.passes.formulas import Along, Formula, PerInput, Plus, Scaled, Times, Total
from resdsl.passes.layers import geometry_of


class FoldForward(Pass):
    """bn -> conv becomes conv with W s along its input channels and b + sum of W t.

    In eval a normalisation is s x + t for each channel, with s = gamma / sqrt(var + eps) and t = beta - mu s; the layer
    after it is linear in each channel, so it can take both. Conditions: nothing stands between the two and the
    normalisation has no other use; neither has shared weights; the convolution does not pad with zeros, for a zero in
    the place of s 0 + t is another value at the edge (padding by reflection, replication or a circle copies values
    and is fine). Any kernel, stride, dilation and groups.
    """

    name = "fold_forward"
    summary = "fold batch normalisation into the convolution or linear layer after it"

    def apply(self, to: Rewriter) -> None:
        for norm in to.draft.order():
            if isinstance(norm.op, Bn):
                layer = to.draft.only_user(norm)
                why = _obstacle(to, norm, layer)
                if why:
                    to.refuse(norm, why)
                else:
                    assert layer is not None
                    _fold(to, norm, layer)


def _obstacle(to: Rewriter, norm: Node, layer: Node | None) -> str:
    if layer is None:
        return "it has several uses, or is a result of the model"
    if not isinstance(layer.op, Conv | Linear):
        return f"what follows it is {layer.op.kind}, not a convolution or linear layer"
    if to.draft.is_shared(norm) or to.draft.is_shared(layer):
        return "its weights, or those after it, are shared"
    if isinstance(layer.op, Conv) and layer.op.padding_mode == "zeros":
        pads = geometry_of(layer.op, norm.shape).pads
        if any(map(any, pads)):
            return f"{layer.path} pads its input with zeros, which the normalisation would not leave zeros"
    return ""


def _fold(to: Rewriter, norm: Node, layer: Node) -> None:
    op = layer.op
    assert isinstance(op, Conv | Linear)
    mean, scale, shift = affine_of(to, norm)
    offset: Formula = Scaled(Times(mean, scale), Fraction(-1))
    if shift is not None:
        offset = Plus((shift, offset))
    weights = to.weights(layer)
    bias: Formula = Total(_by_input(to, layer, offset))
    if "bias" in weights:
        bias = Plus((weights["bias"], bias))
    to.did(norm, f"folded into {layer.path}")
    weight = _by_input(to, layer, scale)
    to.draft.bypass(norm)
    to.reoperate(layer, op.model_copy(update={"bias": True}), weight=weight, bias=bias)


def _by_input(to: Rewriter, layer: Node, vector: Formula) -> Formula:
    """The layer's kernel, each slice that reads an input channel times the channel's number."""
    kernel = to.weight(layer, "weight")
    if not isinstance(layer.op, Conv) or layer.op.groups == 1:
        return Along(kernel, vector, 1)
    (shape,) = (w.shape for w in layer.op.weights(to.draft.shapes(layer)) if w.name == "weight")
    return Times(kernel, PerInput(vector, shape, layer.op.groups))
