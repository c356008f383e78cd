"""Dropout of whole channels."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Chance
from resdsl.ops.base import VIEW, Arg, Layer, Pointwise, Role, Saved, Shapes, Torch
from resdsl.ops.geometry import need_map
from resdsl.shapes import Shape


class DropoutMaps(Pointwise):
    """In training, a channel is 0 with probability `p`, the others are divided by 1 - p. In eval, the input itself."""

    kind = "dropout_maps"
    homogeneous = True
    role = Role.DROPOUT
    summary = "in training, each channel is 0 with probability `p` (Tompson et al., arXiv:1411.4280)"
    keeps_output_for_backward = True  # in eval its output is its input

    p: Chance = Fraction(1, 2)

    def infer(self, inputs: Shapes) -> Shape:
        need_map(self.kind, inputs[0])
        return inputs[0]

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(elements=inputs[0].channels) if self.p else VIEW

    def torch(self, inputs: Shapes) -> Torch:
        p = Arg("p", self.p, "real", default=Fraction(1, 2), positional=True)
        return Torch(Layer(f"nn.Dropout{inputs[0].dims}d", (p,)))
