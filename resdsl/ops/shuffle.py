"""Channels of several groups, interleaved."""

from __future__ import annotations

from resdsl.ops.arguments import Width
from resdsl.ops.base import NOTHING, Arg, Layer, Pointwise, Role, Saved, Shapes, Torch
from resdsl.ops.dividing import groups_fault
from resdsl.ops.geometry import need_map
from resdsl.shapes import Shape


class Shuffle(Pointwise):
    """Channel j of group i becomes channel j * `groups` + i; `groups` divides the channels."""

    kind = "shuffle"
    homogeneous = True
    role = Role.SHAPE
    summary = "channels of `groups` groups, interleaved (Zhang et al., arXiv:1707.01083)"
    keeps_output_for_backward = True  # a view where nothing moves, unless the device has a kernel of its own

    groups: Width

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        if x.channels % self.groups:
            raise groups_fault(x.channels, self.groups)
        return x

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.ChannelShuffle", (Arg("groups", self.groups, "groups", positional=True),)))
