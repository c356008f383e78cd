"""A spec's text as HTML: numbered lines with coloured words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from resdsl.diagnostics.columns import visible
from resdsl.source import Source
from resdsl.syntax.keywords import CONSTANT_WORDS, ITEM_WORDS, KEYWORDS

_WORD = re.compile(
    r"""
    (?P<comment>  \#.* )
  | (?P<string>   "[^"]*"? )
  | (?P<number>   \b\d[\w.]* )
  | (?P<name>     [A-Za-z_]\w* )
  | (?P<sign>     ->|[-+*/%^<>=~|!]+ )
  | (?P<other>    [^\#"\w\-+*/%^<>=~|!]+ | . )
    """,
    re.VERBOSE,
)


def listing(source: Source, number: int) -> str:
    """The lines of file `number` of a page; each has an `id` and its number as data."""
    lines = [source.line(line) for line in range(1, source.lines + 1)]
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return "\n".join(
        f'<div class="line" id="s{number}-{place}" data-line="{place}">'
        f'<span class="place">{place}</span><code>{colored(line)}</code></div>'
        for place, line in enumerate(lines, 1)
    )


def colored(line: str) -> str:
    """Escaped text with a `span` around each word that has a colour; control characters are shown as escapes."""
    return "".join(
        f'<span class="{kind}">{escape(visible(text))}</span>' if kind else escape(visible(text))
        for kind, text in _words(line)
    )


def _words(line: str) -> Iterator[tuple[str, str]]:
    """Kinds and texts: `keyword`, `definition`, `label`, `call`, `comment`, `string`, `number`, `sign`, or none."""
    before = ""
    for found in _WORD.finditer(line):
        kind, text = found.lastgroup or "other", found[0]
        if kind == "name":
            kind = _name(text, before, line[found.end() :])
            before = text
        elif text.strip():
            before = ""
        yield ("" if kind == "other" else kind), text


def _name(text: str, before: str, after: str) -> str:
    """The kind of a name between the name before it, if there is nothing else between them, and the rest."""
    if before in ITEM_WORDS | {"stage", "region", "aux", "shared", "keep", "from"} and before != "use":
        return "definition"
    if re.match(r"(\[\s*\d*\s*\])?\s*:", after):
        return "label"
    if text in CONSTANT_WORDS:
        return "number"
    if text in KEYWORDS:
        return "keyword"
    return "call" if after.startswith("(") else "other"
