"""What is left to one."""

from __future__ import annotations

from resdsl.ops.base import Call, Pointwise, Role, Shapes, Torch


class Complement(Pointwise):
    """1 - x."""

    kind = "complement"
    role = Role.SCALE
    summary = "1 - x"

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("1 - {0}", precedence=2, binds=1), inline=True)
