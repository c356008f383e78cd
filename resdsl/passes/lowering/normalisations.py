"""Normalisations that no layer before them could take."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph import Node
from resdsl.ops.bn import Bn
from resdsl.ops.lowered.channel_affine import ChannelAffine
from resdsl.ops.relu import Relu
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.fold_batchnorm import affine_of
from resdsl.passes.formulas import Formula, Plus, Reshaped, Scaled, Times


class LowerNormalisations(Pass):
    """bn in eval becomes a scale and a shift of each channel, and takes the ReLU after it.

    Exact in eval. Condition: its weights are not shared.
    """

    name = "lower_normalisations"
    summary = "batch normalisation as a scale and a shift"

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if isinstance(node.op, Bn) and not to.draft.is_shared(node):
                _lower(to, node)


def _lower(to: Rewriter, node: Node) -> None:
    mean, scale, shift = affine_of(to, node)
    offset: Formula = Scaled(Times(mean, scale), Fraction(-1))
    if shift is not None:
        offset = Plus((shift, offset))
    user = to.draft.only_user(node)
    relu = user is not None and isinstance(user.op, Relu) and not to.draft.is_shared(user)
    if user is not None and relu:
        to.draft.bypass(user)
    shape = (node.shape.channels, *(1,) * node.shape.dims)
    to.did(node, "lowered to a scale and a shift")
    to.reoperate(node, ChannelAffine(relu=relu), scale=Reshaped(scale, shape), shift=Reshaped(offset, shape))
