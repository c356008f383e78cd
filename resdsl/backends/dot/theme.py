"""Colours and lines (Okabe and Ito's palette, which colour-blind readers tell apart). Colour is never the only sign."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.ops.base import Role

FONT = "Helvetica,Arial,sans-serif"  # plain `Helvetica` falls to a wide font on some machines

INK = "#1F2937"
MUTED = "#6B7280"
FRAME = "#C5D3E0"
FRAME_FILL = "#F6FAFD"
IDENTITY = "#0072B2"
PROJECTION = "#D55E00"
GATE = "#A0447F"
DENSE = "#009E73"
MERGE = "#B3470A"
COUNT = "#B3470A"
WHITE = "#FFFFFF"

GROUPED_FILL = "#BFDCEE"
GATE_FILL = "#F5E3EE"
MERGE_FILL = "#FBE3D3"
PLAIN_FILL = "#F8F9FA"

FILLS = {
    Role.CONV: "#D9EAF4",
    Role.NORM: "#EEF0F3",
    Role.ACTIVATION: "#FCEFD0",
    Role.POOL: "#D6EFE7",
    Role.LINEAR: "#FBF7CF",
    Role.MERGE: MERGE_FILL,
}
STROKES = {
    Role.CONV: "#0072B2",
    Role.POOL: "#00795A",
    Role.LINEAR: "#8A7A00",
    Role.ACTIVATION: "#B07D10",
    Role.MERGE: MERGE,
}


def fill(role: Role) -> str:
    """The tint of an operator's strip."""
    return FILLS.get(role, PLAIN_FILL)


def stroke(role: Role) -> str:
    """The outline of an operator's box."""
    return STROKES.get(role, MUTED)


@dataclass(frozen=True, slots=True)
class Line:
    """How a kind of connection is drawn, and what the legend says of it."""

    color: str
    style: str
    """`solid`, `dashed` or `dotted`."""
    width: float
    meaning: str


LINES = {
    "identity": Line(IDENTITY, "solid", 2, "identity shortcut"),
    "projection": Line(PROJECTION, "dashed", 1.8, "projection shortcut"),
    "pad": Line(IDENTITY, "dotted", 2.0, "zero-padded shortcut"),
    "pool": Line(IDENTITY, "dashed", 1.8, "pooled shortcut"),
    "other": Line(MUTED, "dashed", 1.8, "shortcut with operators"),
    "gate": Line(GATE, "dotted", 2.0, "gate and its product"),
    "carry": Line(IDENTITY, "solid", 2, "carried value, times 1 - gate or a gate of its own"),
    "dense": Line(DENSE, "solid", 2, "dense connection (concatenated)"),
    "survival": Line(MUTED, "dashed", 1.0, "branch dropped in training, executed with chance p"),
    "kept": Line(MUTED, "solid", 1.0, "kept value"),
    "aux": Line(MUTED, "dashed", 1.0, "training only"),
    "trunk": Line(INK, "solid", 1.2, ""),
}
