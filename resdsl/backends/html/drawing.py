"""Graphviz's SVG for a page: colours as classes, so that a page can change them; no ids, no names of our own.

Colours are told apart by drawing with a theme that has another one for each name; what has an element says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from resdsl.backends.dot.theme import LINES, THEMES, Theme
from resdsl.diagnostics import InternalError
from resdsl.records import Record

NAMES = tuple(THEMES["light"].colors)
MARKED = Theme("marked", {name: f"#10{place:02x}01" for place, name in enumerate(NAMES)})
"""A colour for each name, and none twice."""

_NAME_OF = {color: name for name, color in MARKED.colors.items()} | {"black": "ink"}
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = {"path", "polygon", "polyline", "ellipse", "text"}
_DROPPED = {"font-family", "id", "class", "fill", "stroke", "style", "{http://www.w3.org/XML/1998/namespace}space"}
_AROUND = 2.5
"""Points between an element and the mark around it."""
_GAP, _THICK = 2.4, LINES["trunk"].width
"""Points of a piece of the trunk."""
_NUMBER = re.compile(r"-?\d+\.\d+")


class Drawing(Record):
    """What stands within an `svg` element, and the size of its coordinates."""

    markup: str
    width: float
    height: float


def drawing(svg: str, numbers: Mapping[str, int]) -> Drawing:
    """An SVG that Graphviz made in the theme `MARKED`; `numbers` says which element an id is of."""
    root = ET.fromstring(svg)  # noqa: S314 - Graphviz wrote it: no entities, and names from the spec escaped
    _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
    top = root.find(f"{_SVG}g")
    if top is None:
        raise InternalError("an SVG of Graphviz without a drawing")
    place = re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", top.attrib.get("transform", ""))
    if place is None:
        raise InternalError(f"a drawing of Graphviz that stands elsewhere: {top.attrib}")
    inner = "".join(_markup(child, numbers) for child in list(top)[_after_page(top) :])
    return Drawing(f'<g transform="translate({_short(place[1])} {_short(place[2])})">{inner}</g>', width, height)


def _after_page(top: ET.Element) -> int:
    """The place behind the title and the polygon that is the page's ground."""
    kinds = [child.tag for child in top]
    return kinds.index(f"{_SVG}polygon") + 1 if f"{_SVG}polygon" in kinds[:2] else 0


def _markup(part: ET.Element, numbers: Mapping[str, int]) -> str:
    tag = part.tag.removeprefix(_SVG)
    if tag == "g":
        return _group(part, numbers)
    return _shape(part, tag) if tag in _SHAPES else "".join(_markup(child, numbers) for child in part)


def _group(part: ET.Element, numbers: Mapping[str, int]) -> str:
    number = numbers.get(part.attrib.get("id", ""))
    if part.attrib.get("class") is None:
        return "".join(_markup(child, numbers) for child in part)  # of a table: it groups nothing
    word = part.attrib["class"].split()[0]
    inner = "".join(_markup(child, numbers) for child in part)
    if number is None:
        return f'<g class="{word}">{inner}</g>' if inner else ""
    x, y, width, height = _box(part)
    around = (
        f'x="{x - _AROUND:g}" y="{y - _AROUND:g}" width="{width + 2 * _AROUND:g}" height="{height + 2 * _AROUND:g}"'
    )
    hit = f'<rect class="hit" {around} rx="4"/>'
    return f'<g class="{word} element" data-e="{number}">{hit}{inner}</g>'


def _shape(part: ET.Element, tag: str) -> str:
    if tag == "text" and not (part.text or "").strip():
        return ""
    classes = list(_colors(part))
    if not classes:
        return ""  # neither filled nor drawn
    if part.attrib.get("stroke-width") == "0":
        return _piece(part, classes)
    given = "".join(
        f" {name}={quoteattr(_short(value))}"
        for name, value in part.attrib.items()
        if name not in _DROPPED and (name, value) != ("text-anchor", "start")
    )
    text = escape(part.text or "") if tag == "text" else ""
    named = f'<{tag} class="{" ".join(classes)}"{given}'
    return f"{named}>{text}</{tag}>" if text else f"{named}/>"


def _piece(part: ET.Element, classes: list[str]) -> str:
    """A piece of the trunk, which has no line: what lies between the ends of the edges that meet in it.

    Graphviz rounds its thickness and draws it over both edges; as long as it is, it would be seen.
    """
    left, top, across, down = _box(part)
    wide, high = (_GAP, _THICK) if across > down else (_THICK, _GAP)
    x, y = left + (across - wide) / 2, top + (down - high) / 2
    return f'<rect class="{classes[0]}" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"/>'


def _colors(part: ET.Element) -> Iterator[str]:
    """`f-NAME` for what fills it and `s-NAME` for its line. Raises `InternalError` for a colour without a name."""
    for kind, attribute in (("f", "fill"), ("s", "stroke")):
        default = "black" if part.tag == f"{_SVG}text" and kind == "f" else "none"
        color = part.attrib.get(attribute, default).lower()
        if color in {"none", "transparent"}:
            continue
        if color not in _NAME_OF:
            raise InternalError(f"a drawing has the color {color}, which is of no theme")
        yield f"{kind}-{_NAME_OF[color]}"


def _box(part: ET.Element) -> tuple[float, float, float, float]:
    """Place and size of a group's shapes: those of its frame, where it has one."""
    found = [point for shape in part.iter() for point in _points(shape)]
    if not found:
        return 0.0, 0.0, 0.0, 0.0
    left, top = min(x for x, _ in found), min(y for _, y in found)
    right, bottom = max(x for x, _ in found), max(y for _, y in found)
    return round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1)


def _points(shape: ET.Element) -> Iterator[tuple[float, float]]:
    given = shape.attrib
    if shape.tag == f"{_SVG}ellipse":
        x, y, wide, high = (float(given[name]) for name in ("cx", "cy", "rx", "ry"))
        yield from ((x - wide, y - high), (x + wide, y + high))
        return
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", given.get("points") or given.get("d") or "")]
    yield from zip(numbers[::2], numbers[1::2], strict=False)


def _short(text: str) -> str:
    """Numbers with one decimal."""
    return _NUMBER.sub(lambda found: f"{round(float(found[0]), 1):g}", text)
