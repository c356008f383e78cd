"""Colours and lines (Okabe and Ito's palette, which colour-blind readers tell apart). Colour is never the only sign.

Drawings name colours by what they are of (`conv`, `muted`, `identity`, ...); a theme says which they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ops.base import Role
from resdsl.records import Record

FONT = "Helvetica,Arial,sans-serif"  # plain `Helvetica` falls to a wide font on some machines


class Line(Record):
    """How a kind of connection is drawn, and what the legend says of it."""

    color: str
    """A name that every theme has."""
    style: str
    """`solid`, `dashed` or `dotted`."""
    width: float
    meaning: str


LINES = {
    "identity": Line("identity", "solid", 2, "identity shortcut"),
    "projection": Line("projection", "dashed", 1.8, "projection shortcut"),
    "pad": Line("identity", "dotted", 2.0, "zero-padded shortcut"),
    "pool": Line("identity", "dashed", 1.8, "pooled shortcut"),
    "gated": Line("gate", "dashed", 1.8, "shortcut times a gate"),
    "other": Line("muted", "dashed", 1.8, "shortcut with operators"),
    "gate": Line("gate", "dotted", 2.0, "gate and its product"),
    "carry": Line("identity", "solid", 2, "carried value, times 1 \u2212 gate or a gate of its own"),
    "dense": Line("dense", "solid", 2, "dense connection (concatenated)"),
    "survival": Line("muted", "dashed", 1.0, "branch dropped in training, executed with chance p"),
    "kept": Line("muted", "solid", 1.0, "value used elsewhere, under its name"),
    "aux": Line("muted", "dashed", 1.0, "training only"),
    "skipped": Line("faint", "dashed", 1.0, "unit gone around"),
    "fault": Line("fault", "solid", 1.8, "fault"),
    "added": Line("dense", "solid", 2.4, "added"),
    "changed": Line("merge", "dashed", 2.2, "changed, or changed within"),
    "removed": Line("fault", "dotted", 2.6, "removed"),
    "trunk": Line("ink", "solid", 1.2, ""),
}


class Theme(Record):
    """Which colours there are."""

    name: str
    colors: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.colors[name]


_FILLED = {
    Role.CONV: "conv",
    Role.NORM: "norm",
    Role.ACTIVATION: "activation",
    Role.POOL: "pool",
    Role.LINEAR: "linear",
    Role.MERGE: "merged",
}
_STROKED = {
    Role.CONV: "conv_line",
    Role.POOL: "pool_line",
    Role.LINEAR: "linear_line",
    Role.ACTIVATION: "activation_line",
    Role.MERGE: "merge",
}


def fill(role: Role) -> str:
    """The tint of an operator's strip, by name."""
    return _FILLED.get(role, "plain")


def stroke(role: Role) -> str:
    """The outline of an operator's box, by name."""
    return _STROKED.get(role, "muted")


_LIGHT = {
    "page": "#FFFFFF",
    "ink": "#1F2937",
    "muted": "#6B7280",
    "faint": "#AEB8C4",
    "paper": "#FFFFFF",  # of boxes
    "frame": "#C5D3E0",
    "frame_fill": "#F6FAFD",
    "identity": "#0072B2",
    "projection": "#D55E00",
    "gate": "#A0447F",
    "dense": "#009E73",
    "merge": "#B3470A",
    "count": "#B3470A",
    "fault": "#C81E1E",
    "fault_fill": "#FDECEC",
    "conv": "#D9EAF4",
    "grouped": "#BFDCEE",
    "norm": "#EEF0F3",
    "activation": "#FCEFD0",
    "pool": "#D6EFE7",
    "linear": "#FBF7CF",
    "gated": "#F5E3EE",
    "merged": "#FBE3D3",
    "plain": "#F8F9FA",
    "stacked": "#CDEDE3",
    "conv_line": "#0072B2",
    "pool_line": "#00795A",
    "linear_line": "#8A7A00",
    "activation_line": "#B07D10",
}
_DARK = {
    "page": "#0F172A",
    "ink": "#E5E7EB",
    "muted": "#9CA8B8",
    "faint": "#56637A",
    "paper": "#1B2638",
    "frame": "#3B4A61",
    "frame_fill": "#141F33",
    "identity": "#56B4E9",
    "projection": "#F28E4B",
    "gate": "#DB8DBE",
    "dense": "#34C99B",
    "merge": "#F2A36E",
    "count": "#F2A36E",
    "fault": "#FF7B7B",
    "fault_fill": "#4A1F27",
    "conv": "#1F3D57",
    "grouped": "#28557A",
    "norm": "#2A3445",
    "activation": "#4B3D18",
    "pool": "#18473B",
    "linear": "#45420F",
    "gated": "#4A263D",
    "merged": "#4D2E19",
    "plain": "#232E40",
    "stacked": "#18503F",
    "conv_line": "#56B4E9",
    "pool_line": "#34C99B",
    "linear_line": "#D8CB4A",
    "activation_line": "#E3B34C",
}
_GREYS = {
    "page": "#FFFFFF",
    "ink": "#000000",
    "muted": "#4D4D4D",
    "faint": "#9A9A9A",
    "paper": "#FFFFFF",
    "frame": "#8C8C8C",
    "frame_fill": "#FFFFFF",
    "fault_fill": "#FFFFFF",
    "conv": "#E2E2E2",
    "grouped": "#CFCFCF",
    "norm": "#F5F5F5",
    "activation": "#EFEFEF",
    "pool": "#E9E9E9",
    "linear": "#DCDCDC",
    "gated": "#EFEFEF",
    "merged": "#F2F2F2",
    "plain": "#FAFAFA",
    "stacked": "#E9E9E9",
}
_PRINT = {name: _GREYS.get(name, "#000000") for name in _LIGHT}
"""Greys alone: lines differ by their style, boxes by what they say."""

THEMES = {
    "light": Theme("light", _LIGHT),
    "dark": Theme("dark", _DARK),
    "print": Theme("print", _PRINT),
}
