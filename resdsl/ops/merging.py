"""What merges share: several operands, no weights."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.base import Call, Role, Shapes, Weightless, Window
from resdsl.shapes import Shape


class Merge(Weightless):
    """An operator over branches, written with braces."""

    role = Role.MERGE
    merge = True

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims


def equal_shapes(kind: str, inputs: Shapes) -> Shape:
    """The shape that all operands have, or a `Fault` at the first that differs."""
    first = inputs[0]
    for index, shape in enumerate(inputs):
        if shape != first:
            raise Fault("E301", f"{kind} of unequal shapes: {first} and {shape}", operand=index)
    return first


def joined(sign: str, count: int, precedence: int) -> Call:
    """The operands with a sign between them. A single one is copied, so that the result's memory is its own."""
    if count == 1:
        return Call("{0}.clone()", binds=0)
    return Call(f" {sign} ".join(f"{{{i}}}" for i in range(count)), precedence=precedence, binds=precedence)
