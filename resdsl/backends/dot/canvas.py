"""DOT text, written in order: nodes, edges, clusters. Deterministic; identifiers are numbered, never a user's text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from resdsl.backends.dot.theme import FONT, INK, LINES, MUTED


@dataclass(frozen=True, slots=True)
class Html:
    """The inside of an HTML-like label; every text in it is escaped already."""

    markup: str


Attribute = str | int | float | bool | Html

_LINE = "line"


class Canvas:
    """A `digraph`. `direction` is `LR` or `TB`; the distances are inches."""

    def __init__(self, direction: str, *, rank_sep: float, node_sep: float) -> None:
        self._lines: list[str] = ["digraph net {"]
        self._edges: list[str] = []
        self._direction = direction
        self._depth = 1
        self._next = 0
        self.used: dict[str, None] = {}
        """Kinds of line that occur, in order of first use: what the legend lists."""
        self.put(
            "graph",
            rankdir=direction,
            newrank=True,
            outputorder="edgesfirst",
            splines="spline",
            ranksep=rank_sep,
            nodesep=node_sep,
            fontname=FONT,
            fontsize=9,
            fontcolor=INK,
            labelloc="t",
            labeljust="l",
            bgcolor="white",
            pad=0.15,
        )
        self.put("node", shape="plain", fontname=FONT, fontsize=9, fontcolor=INK)
        self.put("edge", fontname=FONT, fontsize=8, fontcolor=MUTED, color=INK, arrowsize=0.6, penwidth=1.2)

    def put(self, head: str, **attributes: Attribute) -> None:
        """One statement."""
        self._line(_statement(head, attributes))

    def new(self, prefix: str) -> str:
        """A fresh identifier."""
        self._next += 1
        return f"{prefix}{self._next}"

    def node(self, prefix: str, **attributes: Attribute) -> str:
        """A node; returns its identifier."""
        name = self.new(prefix)
        self.put(name, **attributes)
        return name

    def box(self, label: Html, **attributes: Attribute) -> str:
        """A node that is a table."""
        return self.node("box", label=label, **attributes)

    def fork(self, **attributes: Attribute) -> str:
        """A point where a value goes two ways."""
        return self.node("fork", shape="point", width=0.06, color=INK, **attributes)

    def circle(self, sign: str, color: str, tint: str, **attributes: Attribute) -> str:
        """A small circle: a merge or a connector."""
        look: dict[str, Attribute] = {
            "shape": "circle",
            "fixedsize": True,
            "width": 0.25,
            "style": "filled",
            "penwidth": 1.2,
        }
        return self.node("merge", label=sign, color=color, fillcolor=tint, fontsize=11, **look, **attributes)

    def piece(self, color: str, thickness: float, length: float, label: Html, **attributes: Attribute) -> str:
        """A node that is a piece of a line (points), whose label may stand out: edges meet it without a gap.

        A label of an edge would double all ranks and bend the edge.
        """
        width, height = (length, thickness) if self._direction == "LR" else (thickness, length)
        size: dict[str, Attribute] = {"fixedsize": "shape", "width": width / 72, "height": height / 72}
        look: dict[str, Attribute] = {"shape": "box", "style": "filled", "fillcolor": color, "penwidth": 0}
        return self.node(_LINE, label=label, **size, **look, **attributes)

    def edge(self, tail: str, head: str, kind: str = "trunk", /, **attributes: Attribute) -> None:
        """An edge in the line of its kind; ends may have ports (`fork1:n`).

        Edges are written after all nodes: one within a cluster would pull both its ends into it.
        """
        look = LINES[kind]
        drawn: dict[str, Attribute] = {}
        # Graphviz lets an edge end a point before a node: one to a piece of line runs on into it instead.
        if tail.startswith(_LINE):
            drawn["tailclip"] = False
        if head.startswith(_LINE):
            drawn["headclip"] = False
        if kind != "trunk":
            self.used[kind] = None
            drawn |= {"color": look.color, "style": look.style, "penwidth": look.width}
        self._edges.append(_statement(f"{tail} -> {head}", {**drawn, **attributes}))

    def order(self, tail: str, head: str, **attributes: Attribute) -> None:
        """An invisible edge, for the layout alone."""
        self._edges.append(_statement(f"{tail} -> {head}", {"style": "invis", **attributes}))

    def same_rank(self, *nodes: str) -> None:
        """Nodes in one column where the direction is LR, in one line where it is TB; their order is Graphviz's."""
        self._edges.append(f"{{ rank=same; {'; '.join(nodes)}; }}")

    def side_by_side(self, *nodes: str, clustered: bool = True) -> None:
        """Nodes of one rank in this order: from the top where the direction is LR, from the left where it is TB."""
        self.same_rank(*nodes)
        # Graphviz turns the picture for LR, and with it the order within clusters, but not that outside of them.
        turned = clustered and self._direction == "LR"
        for before, after in pairwise(nodes[::-1] if turned else nodes):
            self.order(before, after)

    @contextmanager
    def cluster(self, **attributes: Attribute) -> Iterator[None]:
        """What is written within is drawn within one frame."""
        self._line(f"subgraph {self.new('cluster_')} {{")
        self._depth += 1
        self.put("graph", **attributes)
        yield
        self._depth -= 1
        self._line("}")

    def finish(self, title: Html) -> str:
        """The text, with its title at the top left. The title comes last: clusters would inherit it."""
        edges = [f"  {edge}" for edge in self._edges]
        return "\n".join([*self._lines, *edges, f"  label={_value(title)};", "}"]) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)


def _statement(head: str, attributes: dict[str, Attribute]) -> str:
    listed = ", ".join(f"{name}={_value(value)}" for name, value in attributes.items())
    return f"{head} [{listed}];" if listed else f"{head};"


def _value(value: Attribute) -> str:
    if isinstance(value, Html):
        return f"<{value.markup}>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
