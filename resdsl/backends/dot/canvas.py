"""DOT text, written in order: parts of the picture, in them nodes and clusters, then all edges.

Deterministic; identifiers are numbered, never a user's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise

from resdsl.backends.dot.elements import Mark
from resdsl.backends.dot.tables import Html, Labels
from resdsl.backends.dot.theme import FONT, LINES, Theme
from resdsl.source import Span

Attribute = str | int | float | bool | Html
Outlines = tuple[tuple[str, frozenset[int]], ...]
"""Nodes of the graph that are outlined, and as what: `added`, `changed`, `removed`."""

_LINE = "line"
_ENDS = {"input", "output", "link"}
"""Kinds of things that name a value which is made elsewhere."""
_MET = 6.0
"""Points of a line in which two edges meet: Graphviz leaves some between them."""
_APART = 16
"""Points between the parts of a picture."""


class Canvas:
    """A `digraph`. `direction` is `LR` or `TB`; the distances are inches.

    Its parts are laid out each for itself and then put into a grid: one column of rows where the direction is LR, rows
    of up to `columns` parts where it is TB.
    """

    def __init__(
        self,
        direction: str,
        theme: Theme,
        *,
        rank_sep: float,
        node_sep: float,
        width: float | None = None,
        splines: str = "spline",
        outlined: Outlines = (),
    ) -> None:
        self.theme = theme
        self.labels = Labels(theme)
        self.marks: list[Mark] = []
        """What was drawn, in order."""
        self.used: dict[str, None] = {}
        """Kinds of line that occur, in order of first use: what the legend lists."""
        self.columns = 1
        self._direction = direction
        self._head: list[str] = []
        self._parts: list[list[str]] = []
        self._lines = self._head
        self._edges: list[str] = []
        self._depth = 1
        self._next = 0
        self._ids: dict[str, int] = {}
        self._outlined = outlined
        self._outlines: dict[str, str] = {}
        """For ids of what is outlined, as what."""
        scaled: dict[str, Attribute] = {} if width is None else {"size": f"{width:g},1000"}
        self.put(
            "graph",
            rankdir=direction,
            outputorder="edgesfirst",
            splines=splines,
            ranksep=rank_sep,
            nodesep=node_sep,
            fontname=FONT,
            fontsize=9,
            fontcolor=theme["ink"],
            labelloc="t",
            labeljust="l",
            bgcolor=theme["page"],
            pad=0.15,
            **scaled,
        )
        self.put("node", shape="plain", fontname=FONT, fontsize=9, fontcolor=theme["ink"])
        self.put(
            "edge", fontname=FONT, fontsize=8, fontcolor=theme["muted"], color=theme["ink"], arrowsize=0.6, penwidth=1.2
        )

    def put(self, head: str, **attributes: Attribute) -> None:
        """One statement."""
        if (kind := self._outlines.get(str(attributes.get("id")))) is not None:
            attributes |= self._outline(kind, attributes)
        self._line(_statement(head, attributes))

    def _outline(self, kind: str, attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
        """A line around a thing that is drawn already, in the way of its shape."""
        self.used[kind] = None
        line = LINES[kind]
        look: dict[str, Attribute] = {"color": self.theme[line.color], "penwidth": line.width}
        if "shape" in attributes:
            return look
        if "peripheries" in attributes:
            filled = "filled," if "fillcolor" in attributes else ""
            return {**look, "style": f"rounded,{filled}{line.style}", "peripheries": 1}
        return {**look, "shape": "box", "style": f"rounded,{line.style}", "margin": 0.05, "height": 0, "width": 0}

    def new(self, prefix: str) -> str:
        """A fresh identifier."""
        self._next += 1
        return f"{prefix}{self._next}"

    @contextmanager
    def part(self) -> Iterator[None]:
        """What is written within is laid out for itself; edges and `order` must hold it together, and nothing else."""
        self._lines = []
        self._parts.append(self._lines)
        yield
        self._lines = self._head

    # --- what was drawn ---

    def mark(
        self,
        kind: str,
        title: str = "",
        *,
        path: str = "",
        nodes: Sequence[int] = (),
        count: int = 1,
        places: Sequence[str] = (),
        span: Span | None = None,
    ) -> dict[str, Attribute]:
        """Notes a drawn thing; returns the attributes that give it its `id` and `class`."""
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", path)[:80] or (str(nodes[0]) if nodes else kind)
        times = self._ids[name] = self._ids.get(name, 0) + 1
        name = f"n-{name}" if times == 1 else f"n-{name}--{times}"
        if kind not in _ENDS and (outline := _outlined(self._outlined, nodes)):
            self._outlines[name] = outline
        self.marks.append(Mark(name, kind, title, path, tuple(places), tuple(nodes), count, span))
        return {"id": name, "class": kind}

    # --- nodes ---

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
        look: dict[str, Attribute] = {"shape": "point", "width": 0.06, "color": self.theme["ink"]}
        return self.node("fork", **look, **attributes)

    def circle(self, sign: str, color: str, tint: str, **attributes: Attribute) -> str:
        """A small circle: a merge or a connector."""
        look: dict[str, Attribute] = {
            "shape": "circle",
            "fixedsize": True,
            "width": 0.25,
            "style": "filled",
            "penwidth": 1.2,
            "color": self.theme[color],
            "fillcolor": self.theme[tint],
        }
        return self.node("merge", label=sign, fontsize=11, **look, **attributes)

    def piece(self, label: Html, **attributes: Attribute) -> str:
        """A node that is a piece of the trunk, whose label stands out of it: edges meet in it without a gap.

        A label of an edge would double all ranks and bend the edge.
        """
        thickness = LINES["trunk"].width
        width, height = (_MET, thickness) if self._direction == "LR" else (thickness, _MET)
        size: dict[str, Attribute] = {"fixedsize": "shape", "width": width / 72, "height": height / 72}
        look: dict[str, Attribute] = {"shape": "box", "style": "filled", "fillcolor": self.theme["ink"], "penwidth": 0}
        return self.node(_LINE, label=label, **size, **look, **attributes)

    # --- edges ---

    def edge(self, tail: str, head: str, kind: str = "trunk", /, **attributes: Attribute) -> None:
        """An edge in the line of its kind; ends may have ports (`fork1:n`).

        Edges are written after all nodes: one within a cluster would pull both its ends into it.
        """
        look = LINES[kind]
        drawn: dict[str, Attribute] = {}
        # Graphviz ends an edge before a node: one to a piece of line runs on into its middle instead.
        if tail.startswith(_LINE):
            drawn["tailclip"] = False
        if head.startswith(_LINE):
            drawn["headclip"] = False
        if kind != "trunk":
            self.used[kind] = None
            drawn |= {"color": self.theme[look.color], "style": look.style, "penwidth": look.width, "class": kind}
        self._edges.append(_statement(f"{tail} -> {head}", {**drawn, **attributes}))

    def order(self, tail: str, head: str, **attributes: Attribute) -> None:
        """An invisible edge, for the layout alone."""
        self._edges.append(_statement(f"{tail} -> {head}", {"style": "invis", **attributes}))

    def same_rank(self, *nodes: str) -> None:
        """Nodes in one column where the direction is LR, in one line where it is TB; their order is Graphviz's.

        They must stand in the cluster that is open, and in none within it.
        """
        self._line(f"{{ rank=same; {'; '.join(nodes)}; }}")

    def side_by_side(self, *nodes: str) -> None:
        """Nodes of one rank in this order: from the top where the direction is LR, from the left where it is TB."""
        self.same_rank(*nodes)
        # Graphviz turns the picture for LR, and with it the order within clusters, but not that outside of them.
        turned = self._depth > 1 and self._direction == "LR"
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

    # --- the whole ---

    def finish(self, title: Html) -> str:
        """The text, with its title at the top left. The title comes last: clusters would inherit it."""
        parts = self._parts
        head = list(self._head)
        if len(parts) > 1:
            # Graphviz fills its grid before it turns the picture: for LR its rows are our columns, from the bottom up.
            across = len(parts) if self._direction == "LR" else self.columns
            head.append(f'  graph [pack={_APART}, packmode="array_it{across}"];')
            parts = parts[::-1] if self._direction == "LR" else parts
        lines = [line for part in parts for line in part]
        edges = [f"  {edge}" for edge in self._edges]
        return "\n".join(["digraph net {", *head, *lines, *edges, f"  label={_value(title)};", "}"]) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)


def _outlined(wanted: Outlines, nodes: Sequence[int]) -> str:
    """As what a thing of these nodes is outlined: as they all are, or as changed where only some are anything."""
    own = set(nodes)
    for kind, which in wanted:
        if own and own <= which:
            return kind
    return "changed" if any(own & which for _, which in wanted) else ""


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
