"""A picture as TikZ, for LaTeX: Graphviz's layout, drawn by pgf, with the document's own fonts machinery.

Graphviz writes every stroke and text of its layout as JSON (`dot -Tjson`, the operations of xdot); here each becomes
one TikZ command. The result is a `tikzpicture` that needs the packages tikz and xcolor and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from resdsl.diagnostics import InternalError
from resdsl.tables import latex_text

_PARTS = ("_draw_", "_ldraw_", "_hdraw_", "_tdraw_", "_hldraw_", "_tldraw_")
_NAMED = {"black": "#000000", "white": "#ffffff", "transparent": "#fffffe00"}
_ALIGN = {"l": "base west", "c": "base", "r": "base east"}


def tikz(layout: bytes, title: str) -> str:
    """The picture that a layout (of `dot -Tjson`) shows; `title` is told in a comment."""
    data = json.loads(layout)
    painter = _Painter()
    for part in _drawn(data):
        painter.reset()
        for operation in part:
            painter.draw(operation)
    return "\n".join(
        [
            f"% {' '.join(title.split())}",
            r"% \usepackage{tikz}",
            r"\begin{tikzpicture}[x=1bp, y=1bp, line join=round, every node/.style={inner sep=0pt, outer sep=0pt}]",
            *(rf"  \definecolor{{res{index}}}{{HTML}}{{{color}}}" for color, index in painter.colors.items()),
            *(f"  {line}" for line in painter.lines),
            r"\end{tikzpicture}",
            "",
        ]
    )


def _drawn(data: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Operations in the order of painting: the page, frames, edges, nodes (as `outputorder=edgesfirst` has it)."""
    objects = data.get("objects", [])
    frames = [
        one for one in objects if "nodes" in one or "subgraphs" in one or one.get("name", "").startswith("cluster")
    ]
    nodes = [one for one in objects if not any(one is frame for frame in frames)]
    for one in (data, *frames, *data.get("edges", []), *nodes):
        for part in _PARTS:
            if part in one:
                yield one[part]


class _Painter:
    """The state that xdot's operations have: pen, fill, style and font."""

    def __init__(self) -> None:
        self.colors: dict[str, int] = {}
        self.lines: list[str] = []
        self.reset()

    def reset(self) -> None:
        """What a new object starts with."""
        self._pen, self._fill = "#000000", "#000000"
        self._width, self._dash = 1.0, ""
        self._size, self._font = 10.0, 0

    def draw(self, operation: dict[str, Any]) -> None:
        kind = operation["op"]
        if kind == "c":
            self._pen = operation["color"]
        elif kind == "C":
            self._fill = operation["color"]
        elif kind == "S":
            self._style(operation["style"])
        elif kind == "F":
            self._size = float(operation["size"])
        elif kind == "t":
            self._font = int(operation["fontchar"])
        elif kind == "T":
            self._text(operation)
        else:
            self._shape(kind, operation)

    def _style(self, text: str) -> None:
        if width := re.fullmatch(r"setlinewidth\(([\d.]+)\)", text):
            self._width = float(width[1])
        elif text in ("dashed", "dotted", "solid"):
            self._dash = "" if text == "solid" else text

    def _shape(self, kind: str, operation: dict[str, Any]) -> None:
        if kind in "Ee":
            x, y, wide, high = operation["rect"]
            path = f"({_n(x)},{_n(y)}) ellipse [x radius={_n(wide)}, y radius={_n(high)}]"
        elif kind in "PpL":
            path = " -- ".join(_at(point) for point in operation["points"]) + (" -- cycle" if kind != "L" else "")
        elif kind in "Bb":
            first, *others = operation["points"]
            path = _at(first) + "".join(
                f" .. controls {_at(others[i])} and {_at(others[i + 1])} .. {_at(others[i + 2])}"
                for i in range(0, len(others) - 2, 3)
            )
        else:
            raise InternalError(f"an operation {kind!r} in Graphviz's layout")
        filled = kind in "EPB"  # in Graphviz's JSON upper case is filled, for curves too (in xdot's own text it is not)
        options = [*self._stroke(), *(self._filling() if filled else [])]
        if options:
            self.lines.append(rf"\path[{', '.join(options)}] {path};")

    def _stroke(self) -> list[str]:
        color, alpha = self._color(self._pen)
        if alpha == 0 or self._width == 0:
            return []
        found = [f"draw={color}", f"line width={_n(self._width)}bp", *([self._dash] if self._dash else [])]
        return found if alpha == 1 else [*found, f"draw opacity={alpha:.2f}"]

    def _filling(self) -> list[str]:
        color, alpha = self._color(self._fill)
        if alpha == 0:
            return []
        return [f"fill={color}"] if alpha == 1 else [f"fill={color}", f"fill opacity={alpha:.2f}"]

    def _text(self, operation: dict[str, Any]) -> None:
        if not operation["text"].strip():
            return
        color, _ = self._color(self._pen)
        shape = (r"\bfseries" if self._font & 1 else "") + (r"\itshape" if self._font & 2 else "")
        font = rf"\fontsize{{{_n(self._size)}bp}}{{{_n(1.2 * self._size)}bp}}\usefont{{T1}}{{phv}}{{m}}{{n}}{shape}"
        anchor = _ALIGN[operation["align"]]
        place = _at(operation["pt"])
        text = latex_text(operation["text"])
        self.lines.append(rf"\node[anchor={anchor}, text={color}, font={{{font}}}] at {place} {{{text}}};")

    def _color(self, text: str) -> tuple[str, float]:
        """A colour's name in the picture, and how opaque it is."""
        written = _NAMED.get(text, text).lstrip("#").upper()
        if not re.fullmatch(r"[0-9A-F]{6}([0-9A-F]{2})?", written):
            raise InternalError(f"a colour {text!r} in Graphviz's layout")
        alpha = int(written[6:], 16) / 255 if len(written) == 8 else 1.0
        index = self.colors.setdefault(written[:6], len(self.colors)) if alpha else 0
        return f"res{index}", alpha


def _at(point: list[float]) -> str:
    return f"({_n(point[0])},{_n(point[1])})"


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
