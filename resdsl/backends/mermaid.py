"""A net as a Mermaid flowchart: for Markdown that is rendered where it is read (GitHub, GitLab, wikis).

It has the parts of the stage view: a subgraph a stage, a node a run of identical blocks, shortcuts as edges around
it; or with the level `overview` a node a stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from resdsl.analysis.sections import sections
from resdsl.backends.dot import text, theme
from resdsl.backends.dot.folding import Box, Group, Part, Unit
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.plan import Piece, is_beside, plan
from resdsl.backends.dot.tables import Row
from resdsl.backends.dot.theme import LINES, THEMES
from resdsl.backends.dot.view import View, view
from resdsl.graph.model import Graph

LEVELS = ("overview", "stage")

_SAFE = frozenset(" .,:+-=×−·→…()[]/")
_PLAIN = PictureOptions()
_DASHES = {"solid": "", "dashed": "stroke-dasharray:6 4", "dotted": "stroke-dasharray:2 3"}


def mermaid(graph: Graph, level: str = "stage", *, options: PictureOptions = _PLAIN) -> str:
    """A flowchart. Raises `ValueError` for a level that Mermaid is not written for, and as `draw` does."""
    options.check()
    if level not in LEVELS:
        raise ValueError(f"no level {level!r} in Mermaid; one of {', '.join(LEVELS)}")
    chart = _Chart(view(graph, options.focus, options.collapse), options.theme)
    if level == "overview":
        chart.overview()
    else:
        for piece in plan(chart.view):
            chart.piece(piece)
    return chart.finish()


class _Chart:
    def __init__(self, shown: View, theme_name: str) -> None:
        self.view = shown
        self.theme = THEMES[theme_name]
        self.lines: list[str] = []
        self.edges: list[str] = []
        self.styles: dict[str, list[str]] = {}
        self.tints: dict[str, list[str]] = {}
        self.frames: list[str] = []
        self.values: dict[int, str] = {}
        """The node of the chart that gives a value."""
        self.count = 0
        self.indent = 1
        for value in shown.inputs:
            name = shown.names[value] if shown.graph.node(value).op.kind != "input" else _input_name(shown, value)
            self.values[value] = self.node([name, text.shape(shown.graph.node(value).shape)], "(", ")", "paper", "ink")

    # --- pieces of text ---

    def write(self, line: str) -> None:
        self.lines.append("  " * self.indent + line)

    def node(self, lines: Iterable[str], left: str, right: str, tint: str, stroke: str) -> str:
        name = f"n{self.count}"
        self.count += 1
        label = "<br>".join(map(_escaped, lines))
        self.write(f'{name}{left}"{label}"{right}')
        self.tints.setdefault(f"{tint} {stroke}", []).append(name)
        return name

    def frame(self, title: str) -> None:
        name = f"s{len(self.frames)}"
        self.frames.append(name)
        self.write(f'subgraph {name}["{_escaped(title)}"]')

    def edge(self, tail: str, head: str, kind: str = "trunk", label: str = "") -> None:
        said = f'|"{_escaped(label)}"|' if label else ""
        self.edges.append(f"{tail} -->{said} {head}")
        line = LINES[kind]
        style = [f"stroke:{self.theme[line.color]}", f"stroke-width:{line.width:g}px", _DASHES[line.style]]
        self.styles.setdefault(",".join(filter(None, style)), []).append(str(len(self.edges) - 1))

    def finish(self) -> str:
        for name, value in self.view.outputs:
            shape = text.shape(self.view.graph.node(value).shape)
            self.edge(self.values[value], self.node([name or "output", shape], "(", ")", "paper", "ink"))
        classes = []
        for index, (look, names) in enumerate(self.tints.items()):
            tint, stroke = (self.theme[color] for color in look.split())
            classes.append(f"classDef c{index} fill:{tint},stroke:{stroke},color:{self.theme['ink']}")
            classes.append(f"class {','.join(names)} c{index}")
        if self.frames:
            classes.append(f"classDef frame fill:{self.theme['frame_fill']},stroke:{self.theme['frame']}")
            classes.append(f"class {','.join(self.frames)} frame")
        styles = [f"linkStyle {','.join(edges)} {style}" for style, edges in self.styles.items()]
        body = [*self.lines, *(f"  {line}" for line in (*self.edges, *classes, *styles))]
        title = "".join(sign for sign in self.view.title if sign.isalnum() or sign in "_-. ")
        return "\n".join(["---", f'title: "{title}"', "---", "flowchart LR", *body, ""])

    # --- the stage level ---

    def piece(self, piece: Piece) -> None:
        framed = piece.title is not None
        if framed:
            self.frame(f"{piece.title} · {piece.figures}")
            self.indent += 1
        for part in piece.parts:
            self.part(part)
        if framed:
            self.indent -= 1
            self.write("end")

    def part(self, part: Part) -> None:
        if isinstance(part, Group):
            self.frame(f"×{part.count}")
            self.indent += 1
            for inner in part.parts:
                self.part(inner)
            self.indent -= 1
            self.write("end")
            self._gives(part, self.values[part.parts[-1].gives])
        elif isinstance(part, Unit):
            self._unit(part)
        else:
            self._gives(part, self._box(part, "aux" if is_beside(part) else "trunk"))

    def _box(self, box: Box, kind: str) -> str:
        title = [f"{box.title} ×{box.count}" if box.count > 1 else box.title] if box.title else []
        lines = [*title, *_said(box.rows)] or ["identity"]
        if box.fault:
            lines = [box.fault]
        colors = ("fault_fill", "fault") if box.fault else (theme.fill(box.role), theme.stroke(box.role))
        name = self.node(lines, "[", "]", *colors)
        for value in box.reads:
            self.edge(self._value(value), name, kind)
        return name

    def _unit(self, unit: Unit) -> None:
        """The branch, the addition, and the ways around."""
        (read, *others) = unit.reads or (self.view.inputs[0],)
        entry, tail = self._value(read), ""
        first = self.count
        for number, part in enumerate(unit.main):
            self.part(_counted(part, unit.count) if number == 0 else part)
            tail = self.values[part.gives]
        for value in others:
            self.edge(self._value(value), f"n{first}")
        if unit.gate:
            product = self.node(["×"], "((", "))", "gated", "gate")
            gate = self.node(["gate", *_said(unit.gate)], "[", "]", "gated", "gate")
            self.edge(tail, product)
            self.edge(entry, gate, "gate")
            self.edge(gate, product, "gate")
            tail = product
        merge = self.node([unit.sign], "((", "))", "merged", "merge")
        chance = text.chances(min(unit.chances), max(unit.chances)) if unit.chances else ""
        self.edge(tail, merge, "survival" if chance else "trunk", chance)
        if unit.kind != "none":
            kind = "carry" if unit.kind == "gate" else unit.kind if unit.kind in LINES else "other"
            self.edge(entry, merge, kind, ", ".join(_said(unit.shortcut)))
        self._gives(unit, merge)

    def _gives(self, part: Part, name: str) -> None:
        for value in part.nodes:
            self.values.setdefault(value, name)
        self.values[part.gives] = name

    def _value(self, value: int) -> str:
        """The node that gives a value: its own, or the last that was drawn before it."""
        while value not in self.values and value > 0:
            value -= 1
        return self.values[value]

    # --- the overview ---

    def overview(self) -> None:
        graph = self.view.graph
        for piece, cut in zip(plan(self.view), sections(graph, self.view.items), strict=True):
            last = graph.node(piece.gives)
            title = piece.title or next(
                (part.title for part in piece.parts if isinstance(part, Box) and part.title), ""
            )
            colors = (theme.fill(last.op.role), theme.stroke(last.op.role))
            shape = text.shape(last.shape)
            said = [title or "", shape, piece.figures.removeprefix(f"{shape} · ")]
            name = self.node(filter(None, said), "[", "]", *colors)
            own = set(cut.nodes)
            read = {self._value(o) for node in cut.nodes for o in graph.node(node).operands if o not in own}
            for tail in sorted(read, key=lambda one: int(one[1:])):
                self.edge(tail, name, "aux" if piece.aux else "trunk")
            for value in cut.nodes:
                self.values[value] = name


def _counted(part: Part, count: int) -> Part:
    """The first box of a unit that stands for several says so."""
    return replace(part, count=part.count * count) if isinstance(part, Box) else part


def _said(rows: Iterable[Row]) -> list[str]:
    return [f"{row.text} ×{row.count}" if row.count > 1 else row.text for row in rows]


def _input_name(shown: View, value: int) -> str:
    return str(getattr(shown.graph.node(value).op, "name", None) or "input")


def _escaped(said: str) -> str:
    """Everything but letters, digits and a few signs as Mermaid's entity codes: no markup, no directive, no quote."""
    return "".join(sign if sign.isalnum() or sign in _SAFE else f"#{ord(sign)};" for sign in said)
