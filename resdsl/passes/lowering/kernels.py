"""Which way a layer is computed, where there are several and a measurement chose."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ops.lowered.fused_conv import FusedConv
from resdsl.passes.base import Pass, Rewriter
from resdsl.records import Record
from resdsl.shapes import Shape


class Layer(Record):
    """A fused convolution and the shape it is applied to: layers that are equal take equally long."""

    op: FusedConv
    x: Shape
    added: bool
    """Whether it adds a residual."""


class ChooseKernels(Pass):
    """Fused convolutions that are computed another way: `FusedConv.kernel`."""

    name = "choose_kernels"
    summary = "another way to compute a layer"

    def __init__(self, chosen: Mapping[Layer, str]) -> None:
        self.chosen = chosen

    def apply(self, to: Rewriter) -> None:
        for node in to.draft.order():
            if isinstance(node.op, FusedConv) and (way := self.chosen.get(layer_of(node.op, to.draft.shapes(node)))):
                to.did(node, f"computed as {way}")
                to.draft.reoperate(node, node.op.model_copy(update={"kernel": way}))


def layer_of(op: FusedConv, shapes: tuple[Shape, ...]) -> Layer:
    """What a fused convolution is, for whoever measures it."""
    return Layer(op, shapes[0], len(shapes) > 1)
