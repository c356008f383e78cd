"""A net as one file that a browser opens: its pictures at every level, its text beside them, nothing from elsewhere.

The page's own style and script are allowed by their hashes and nothing else is: neither other scripts nor requests.
What a spec says reaches the page as escaped text or as data, never as markup.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from resdsl.backends.dot.heading import figures
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.theme import THEMES
from resdsl.backends.dot.view import view
from resdsl.backends.html.drawing import NAMES
from resdsl.backends.html.facts import Facts
from resdsl.backends.html.listing import listing
from resdsl.backends.html.sheets import Sheet, sheets
from resdsl.diagnostics.columns import visible
from resdsl.graph.model import Graph

_FOLDER = Path(__file__).parent
_SCRIPTS = ("net.js", "camera.js", "text.js", "picture.js", "search.js", "page.js")
_LEVELS = ("overview", "stage", "block", "ops")
_ENDS = {"input", "output", "link"}
"""Elements that are values from elsewhere: they open nothing."""

_DEFAULT = PictureOptions()


def page(graph: Graph, level: str = "stage", *, options: PictureOptions = _DEFAULT) -> str:
    """The file's text; it opens at a level. The same graph and options give the same text.

    The option `theme` says how it looks at first: `light` as the reader's system is, `dark` dark. Raises as `draw`
    does, `ValueError` for the level of paths, `GraphvizMissing`.
    """
    if level not in _LEVELS:
        raise ValueError(f"a page has the levels {', '.join(_LEVELS)}, not {level!r}")
    facts, drawn = Facts(graph), sheets(graph, options)
    data = _data(facts, drawn, level)
    style, script = _colors() + _own("page.css"), "".join(map(_own, _SCRIPTS))
    shown = view(graph, options.focus, options.collapse)
    return _filled(
        _own("page.html"),
        {
            "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
            "base-uri 'none'; form-action 'none'",
            "theme": "dark" if options.theme == "dark" else "auto",
            "title": escape(visible(shown.title)),
            "figures": escape(visible(figures(shown))),
            "about": escape(visible(" ".join(graph.header.split()))),
            "style": style,
            "sheets": "\n".join(_svg(sheet, number) for number, sheet in enumerate(drawn)),
            "files": "\n".join(
                f'<div class="file" data-file="{number}" hidden>{listing(source, number)}</div>'
                for number, source in enumerate(facts.sources)
            ),
            "data": _json(data),
            "script": script,
        },
    )


def _data(facts: Facts, drawn: list[Sheet], level: str) -> dict[str, Any]:
    found = [
        {
            "level": sheet.level,
            "title": visible(sheet.title),
            "note": sheet.note,
            "size": [sheet.drawing.width, sheet.drawing.height],
            "stands": sheet.stands,
            "elements": _elements(facts, drawn, sheet),
        }
        for sheet in drawn
    ]
    return {
        "start": next(number for number, sheet in enumerate(drawn) if sheet.level == level),
        "sheets": found,
        "nodes": facts.nodes,
        "lines": facts.lines,
        "home": facts.home,
        "files": [visible(source.name) for source in facts.sources],
    }


def _elements(facts: Facts, drawn: list[Sheet], sheet: Sheet) -> list[dict[str, Any]]:
    """The elements of a sheet, with the sheet that each opens."""
    found = [facts.element(element) for element in sheet.elements]
    below = {"overview": "stage", "stage": "block", "block": "ops"}.get(sheet.level)
    targets: dict[int, int] = {}
    for number, other in reversed(list(enumerate(drawn))):
        if other.level == below and (other.section is not None or below == "stage"):
            targets |= dict.fromkeys((node for element in other.elements for node in element.nodes), number)
            targets |= dict.fromkeys((n for first, last, _ in other.stands for n in range(first, last + 1)), number)
    for one, element in zip(found, sheet.elements, strict=True):
        if element.nodes and element.kind not in _ENDS and element.nodes[-1] in targets:
            one["o"] = targets[element.nodes[-1]]
    return found


def _svg(sheet: Sheet, number: int) -> str:
    drawn = sheet.drawing
    label = escape(visible(f"{sheet.title}, {sheet.level}"))
    return (
        f'<div class="sheet" data-sheet="{number}" hidden>'
        f'<svg role="group" aria-label="{label}" data-width="{drawn.width:g}" data-height="{drawn.height:g}">'
        f'<g class="camera">{drawn.markup}</g></svg></div>'
    )


def _colors() -> str:
    """The colours of both themes as variables, and a class for each use of one."""
    light, dark = THEMES["light"], THEMES["dark"]
    variables = "\n".join(f"  --{name}: light-dark({light[name]}, {dark[name]});" for name in NAMES)
    classes = "\n".join(
        f".f-{name} {{ fill: var(--{name}); }}\n.s-{name} {{ stroke: var(--{name}); }}" for name in NAMES
    )
    return f":root {{\n{variables}\n}}\n{classes}\n"


def _json(data: Any) -> str:
    """JSON that is inert within a `script` element, whatever its strings are: ASCII without `<`, `>` and `&`."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _own(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template with a value for each `{{name}}`, in one pass: a value that looks like a place is none."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)
