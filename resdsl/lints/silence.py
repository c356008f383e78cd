"""Warnings that a comment allows: `# allow W504: other files import it`.

A comment at the end of a line is about that line; one that has its line alone is about the next line that holds more
than a comment; `# allow-file W504: reason` is about the whole file. Several codes are joined by commas. A reason is
required. Errors cannot be allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from resdsl.diagnostics import Diagnostic, Label, Severity
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.model import Fix
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.lints.deleting import without_comment
from resdsl.source import Source, Span
from resdsl.syntax import tree

WITHOUT_REASON, WITHOUT_EFFECT, UNKNOWN_CODE = "W530", "W531", "W532"
PERMANENT = frozenset({"W501", WITHOUT_REASON, WITHOUT_EFFECT, UNKNOWN_CODE})
"""Warnings that no comment silences: a hidden character, and what is wrong with the comments themselves."""

_ALLOW = re.compile(r"allow(?P<file>-file)?[ \t:]+(?P<codes>[A-Za-z]\d+(?:[ \t]*,[ \t]*[A-Za-z]\d+)*)(?P<rest>.*)$")
_CODE = re.compile(r"[A-Za-z]\d+")
_NO_CODE = re.compile(r'"[^"]*"|#.*')


@dataclass(slots=True, eq=False)
class Allow:
    """One code of one comment."""

    code: str
    span: Span
    """The code in the comment."""
    comment: Span
    lines: range | None
    """The lines it is about; `None` for the whole file."""
    used: bool = False

    def covers(self, diagnostic: Diagnostic) -> bool:
        if diagnostic.code != self.code:
            return False
        span = diagnostic.span
        return self.lines is None or span.line in self.lines or _last_line(span) in self.lines


@dataclass(slots=True)
class Allows:
    """The comments of one file that allow something, and what is wrong with them."""

    allows: list[Allow] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)

    def silence(self, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """The diagnostics that no comment covers; those comments that cover one are noted."""
        for diagnostic in found:
            covering = [allow for allow in self.allows if allow.covers(diagnostic)]
            for allow in covering:
                allow.used = True
            if not covering:
                yield diagnostic

    def idle(self, codes: Iterable[str]) -> Iterator[Diagnostic]:
        """A warning for each comment that covers nothing, of the codes that were looked for."""
        wanted = set(codes)
        for allow in self.allows:
            if allow.used or allow.code not in wanted:
                continue
            alone = sum(other.comment == allow.comment for other in self.allows) == 1
            where = "in this file" if allow.lines is None else "here"
            yield _warning(
                WITHOUT_EFFECT,
                f"there is no {allow.code} {where} to allow",
                allow.span,
                help="take the comment out",
                fixes=(Fix("take the comment out", (without_comment(allow.comment),), safe=True),) if alone else (),
            )


def read_allows(file: tree.File, codes: Mapping[str, str] = CODES) -> Allows:
    """What the comments of a file allow."""
    found = Allows()
    for comment in file.comments:
        if "allow" not in comment.text:
            continue
        match = _ALLOW.search(comment.span.text)
        if match is None or comment.span.text[: match.start()].strip("# \t"):
            continue
        reason = match["rest"].strip().removeprefix(":").strip()
        if not reason or not match["rest"].lstrip().startswith(":"):
            found.faults.append(
                _warning(
                    WITHOUT_REASON,
                    f"`{match[0].strip()}` gives no reason",
                    comment.span,
                    help=f"say why: `# allow{match['file'] or ''} {match['codes']}: reason`",
                )
            )
        lines = None if match["file"] else _lines_of(comment.span)
        start = comment.span.start + match.start("codes")
        for word in _CODE.finditer(match["codes"]):
            span = Span(file.source, start + word.start(), start + word.end())
            code = word[0].upper()
            if code in codes and code.startswith("W") and code not in PERMANENT:
                found.allows.append(Allow(code, span, comment.span, lines))
            else:
                found.faults.append(_unknown(code, span, codes))
    return found


def _unknown(code: str, span: Span, codes: Mapping[str, str]) -> Diagnostic:
    if code in codes:
        why = "an error" if code.startswith("E") else "a warning that is always told"
        return _warning(UNKNOWN_CODE, f"{code} is {why}: no comment allows it", span)
    near = did_you_mean(code, [known for known in codes if known.startswith("W")])
    return _warning(UNKNOWN_CODE, f"there is no warning {code}", span, help=f"did you mean {near}?" if near else None)


def _lines_of(comment: Span) -> range:
    """The lines that a comment is about: its own, or the next that holds more than a comment.

    A line that brackets keep open goes on to where they close. A comment behind the last of such lines, or above the
    first, is about them all; one beside a line between them is about that one.
    """
    source: Source = comment.source
    line = comment.line
    if source.line(line)[: comment.column - 1].strip():
        first, depth = line, _depth(source.line(line))
        while depth > 0 and first > 1:
            first -= 1
            depth += _depth(source.line(first))
        return range(first, line + 1)
    while line < source.lines:
        line += 1
        text = source.line(line).strip()
        if text and not text.startswith("#"):
            break
    last, depth = line, _depth(source.line(line))
    while depth < 0 and last < source.lines:
        last += 1
        depth += _depth(source.line(last))
    return range(line, last + 1)


def _depth(line: str) -> int:
    """How many more brackets a line closes than it opens; braces hold lines of their own."""
    code = _NO_CODE.sub("", line)
    return sum(code.count(closing) for closing in ")]") - sum(code.count(opening) for opening in "([")


def _last_line(span: Span) -> int:
    return span.source.position(max(span.start, span.end - 1))[0]


def _warning(
    code: str,
    message: str,
    span: Span,
    *,
    help: str | None = None,  # noqa: A002 - the word the messages use
    fixes: tuple[Fix, ...] = (),
) -> Diagnostic:
    return Diagnostic(code, message, Label(span), severity=Severity.WARNING, help=help, fixes=fixes)
