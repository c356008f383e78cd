"""What is left to one."""

from __future__ import annotations

from resdsl.ops.base import NOTHING, Call, Pointwise, Role, Saved, Shapes, Torch


class Complement(Pointwise):
    """1 - x."""

    kind = "complement"
    role = Role.SCALE
    summary = "1 - x"

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("1 - {0}", precedence=2, binds=1), inline=True)
