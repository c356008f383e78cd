"""From tokens and comments to what is laid out: entries (statements and comments) of words, brackets and bodies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lark.lexer import Token

from resdsl.records import Record
from resdsl.source import Source
from resdsl.syntax import tree
from resdsl.syntax.grammar import grammar
from resdsl.syntax.tokens import filter_tokens
from resdsl.syntax.walking import children

CLAUSES = frozenset({"ELSE", "SHORTCUT", "GATE", "CARRY"})
"""Words that may stand on a line of their own behind a body on one line."""

_CALLED = frozenset({"NAME", "RPAR", "RSQB", "STRING", "NUMBER", "SIZE", "RHOLE", "TAIL"})
_TOUCHES_BEFORE = frozenset({"COMMA", "COLON", "RPAR", "RSQB", "DOT", "CIRCUMFLEX", "LHOLE", "RHOLE", "TAIL"})
_TOUCHES_BEHIND = frozenset({"LPAR", "LSQB", "DOT", "CIRCUMFLEX", "LHOLE", "SIGN"})
_MERGES = frozenset({"ADD", "MUL", "CONCAT", "MEAN"})


@dataclass(slots=True, eq=False)
class Leaf:
    """A token with its comments."""

    text: str
    kind: str
    start: int
    glued: bool
    """No blank stands between it and what is before it on the line."""
    broken: bool
    """In the source, a newline stands before it."""
    kept: bool = False
    """And that newline stays: it is a clause behind a body on one line."""
    above: list[Token] = field(default_factory=list)
    """Comments on lines of their own before it."""
    behind: Token | None = None
    """The comment that ends its line."""


@dataclass(slots=True, eq=False)
class Bracket:
    opening: Leaf
    parts: list[Part]
    closing: Leaf
    width: int | None = None
    """With what is in it on one line and the blank before it; `None` if it cannot stand on one line."""


@dataclass(slots=True, eq=False)
class Body:
    opening: Leaf
    entries: list[Entry]
    closing: Leaf
    width: int | None = None
    """Likewise; `None` also if the source has it on several lines."""


Part = Leaf | Bracket | Body


@dataclass(slots=True, eq=False)
class Entry:
    """A statement or a definition, or a comment on its own line (then there are no parts)."""

    parts: list[Part]
    comment: Token | None
    spaced: bool
    """A blank line stands before it."""
    branches: bool = False
    """It is a branch of the merge around it, or holds some."""

    @property
    def first(self) -> Leaf:
        part = self.parts[0]
        return part if isinstance(part, Leaf) else part.opening


class _Roles(Record):
    """What tokens alone do not tell, by the places of tokens."""

    bodies: frozenset[int]
    """Braces that open bodies; the others are holes in names."""
    signs: frozenset[int]
    """`+` and `-` with one operand."""
    tight: frozenset[int]
    """Names of arguments whose `=` has no blanks: the value is short, `stride=2`, unlike `stride = 2 then 1`."""


def read(file: tree.File) -> list[Entry]:
    """The entries of a text without faults."""
    raw = grammar().lex(file.source.text, 0, len(file.source.text))
    comments = [token for token in raw if token.type == "COMMENT"]
    tokens = _without_last_commas(filter_tokens([token for token in raw if token.type != "COMMENT"]))
    entries = _Reader(file.source, _leaves(file, tokens, comments)).entries()
    _keep_header(file, entries)
    return entries


def width_of(part: Part, *, last: bool = False) -> int | None:
    """Columns on one line, the blank before it included; `None` if it takes several lines.

    The last part of a statement may have a comment behind it.
    """
    end = part if isinstance(part, Leaf) else part.closing
    if end.behind and not last:
        return None
    if not isinstance(part, Leaf):
        return part.width
    return None if part.above or part.kept else len(part.text) + (not part.glued)


def total(parts: list[Part], *, last: bool = False) -> int | None:
    """Columns of parts on one line, the blank before the first included."""
    columns = 0
    for part in parts:
        width = width_of(part, last=last and part is parts[-1])
        if width is None:
            return None
        columns += width
    return columns


def _width_of_body(body: Body) -> int | None:
    columns = 4  # the braces with a blank before each
    for entry in body.entries:
        width = total(entry.parts)
        if width is None:
            return None
        columns += width + separated(body, entry)
    return columns


def separated(body: Body, entry: Entry) -> bool:
    """Whether a semicolon stands before an entry of a body on one line."""
    return entry is not body.entries[0] and entry.first.kind != "VBAR"


def _keep_header(file: tree.File, entries: list[Entry]) -> None:
    """Comments that are not of the header stay apart from it."""
    lines = sum(1 for _ in _header(file))
    if len(entries) > lines and entries[lines].comment is not None:
        entries[lines].spaced = True


def _header(file: tree.File) -> Iterator[tree.Comment]:
    for number, comment in enumerate(file.comments, start=1):
        if file.source.position(comment.span.start) != (number, 1):
            return
        yield comment


def _without_last_commas(tokens: list[Token]) -> list[Token]:
    following = [token.type for token in tokens[1:]] + [""]
    pairs = zip(tokens, following, strict=False)
    return [token for token, after in pairs if token.type != "COMMA" or after not in {"RPAR", "RSQB"}]


# --- words ---------------------------------------------------------------------------------------


def _roles(file: tree.File) -> _Roles:
    bodies, signs, tight = set(), set(), set()
    stack: list[tree.Node] = list(file.items)
    while stack:
        node = stack.pop()
        stack.extend(children(node))
        if isinstance(node, tree.Body):
            bodies.add(node.span.start)
        elif isinstance(node, tree.Unary):
            signs.add(node.span.start)
        elif isinstance(node, tree.Arg) and node.name and not _is_long(node):
            tight.add(node.name.span.start)
    return _Roles(frozenset(bodies), frozenset(signs), frozenset(tight))


def _is_long(argument: tree.Arg) -> bool:
    return argument.later is not None or isinstance(argument.value, tree.Binary | tree.Choose)


def _leaves(file: tree.File, tokens: list[Token], comments: list[Token]) -> list[Leaf | None]:
    """The words in order, each with its comments; `None` between statements. The last word is empty: the end."""
    roles, text = _roles(file), file.source.text
    end = Token("$END", "", len(text), end_pos=len(text))
    leaves: list[Leaf | None] = []
    holes: list[bool] = []
    last: Leaf | None = None
    begins = True
    waiting = iter([*comments, end])
    comment = next(waiting)
    for token in [*tokens, end]:
        if token.type == "_NL":
            leaves.append(None)
            begins = True
            continue
        above: list[Token] = []
        while _start(comment) < _start(token):
            if last is not None and "\n" not in text[last.start : _start(comment)]:
                last.behind = comment
            else:
                above.append(comment)
            comment = next(waiting)
        kind = _kind(token, roles, holes)
        glued = not begins and last is not None and _is_glued(last, kind, roles)
        done = last.start + len(last.text) if last else 0
        last = Leaf(str(token), kind, _start(token), glued, "\n" in text[done : _start(token)], above=above)
        leaves.append(last)
        begins = False
    return leaves


def _start(token: Token) -> int:
    return token.start_pos or 0


def _kind(token: Token, roles: _Roles, holes: list[bool]) -> str:
    """Tells holes from bodies, signs from operators, and the `=` of arguments from others; `holes` is what is open."""
    kind: str = token.type
    if kind == "LBRACE":
        holes.append(_start(token) not in roles.bodies)
        return "LHOLE" if holes[-1] else kind
    if kind == "RBRACE":
        return "RHOLE" if holes.pop() else kind
    return "SIGN" if kind == "ADDOP" and _start(token) in roles.signs else kind


def _is_glued(before: Leaf, kind: str, roles: _Roles) -> bool:
    """Whether no blank stands between two words of a statement."""
    if kind in _TOUCHES_BEFORE or before.kind in _TOUCHES_BEHIND:
        return True
    if kind == "EQUAL":
        return before.start in roles.tight
    if before.kind == "EQUAL":
        return before.glued
    return kind in {"LPAR", "LSQB"} and before.kind in _CALLED


def _is_on_one_line(parts: list[Part]) -> bool:
    """Whether a body ends here that is on one line."""
    return bool(parts) and isinstance(parts[-1], Body) and parts[-1].width is not None


# --- entries -------------------------------------------------------------------------------------


class _Reader:
    """Groups words into entries, by recursion: what is open in the text is open here."""

    def __init__(self, source: Source, leaves: list[Leaf | None]) -> None:
        self.text = source.text
        self.leaves = leaves
        self.at = 0
        self.end = 0
        """Where the last word or comment ended."""

    def entries(self) -> list[Entry]:
        """Up to the closing brace or the end."""
        found: list[Entry] = []
        while True:
            leaf = self.leaves[self.at]
            if leaf is None:
                self.at += 1
                continue
            for comment in leaf.above:
                found.append(Entry([], comment, self._spaced(bool(found), _start(comment))))
                self._pass(_start(comment), str(comment))
            leaf.above = []
            if leaf.kind in {"RBRACE", "$END"}:
                return found
            found.append(self._statement(self._spaced(bool(found), leaf.start)))

    def _spaced(self, follows: bool, start: int) -> bool:
        return follows and self.text.count("\n", self.end, start) > 1

    def _pass(self, start: int, text: str) -> None:
        self.end = start + len(text)

    def _statement(self, spaced: bool) -> Entry:
        parts = self._parts({"RBRACE", "$END"})
        branches = False
        for before, part in zip([None, *parts], parts, strict=False):
            if isinstance(part, Body) and not (isinstance(before, Leaf) and before.kind in _MERGES):
                branches |= any(entry.branches for entry in part.entries)
        entry = Entry(parts, None, spaced, branches)
        entry.branches |= entry.first.kind == "VBAR"
        return entry

    def _parts(self, ends: set[str]) -> list[Part]:
        parts: list[Part] = []
        while (leaf := self.leaves[self.at]) is not None and leaf.kind not in ends:
            if leaf.kind in {"LPAR", "LSQB"}:
                parts.append(self._bracket(leaf))
            elif leaf.kind == "LBRACE":
                parts.append(self._body(leaf))
            else:
                leaf.kept = leaf.kind in CLAUSES and leaf.broken and _is_on_one_line(parts)
                parts.append(self._take(leaf))
        return parts

    def _take(self, leaf: Leaf) -> Leaf:
        self.at += 1
        self._pass(leaf.start, leaf.text)
        if leaf.behind is not None:
            self._pass(_start(leaf.behind), str(leaf.behind))
        return leaf

    def _bracket(self, opening: Leaf) -> Bracket:
        self._take(opening)
        parts = self._parts({"RPAR", "RSQB"})
        closing = self.leaves[self.at]
        assert closing is not None
        found = Bracket(opening, parts, self._take(closing))
        found.width = total([opening, *parts, closing], last=True)
        return found

    def _body(self, opening: Leaf) -> Body:
        self._take(opening)
        entries = self.entries()
        closing = self.leaves[self.at]
        assert closing is not None
        found = Body(opening, entries, self._take(closing))
        broken = any(entry.comment or entry.first.broken for entry in entries) or (closing.broken and bool(entries))
        found.width = None if broken or opening.behind else _width_of_body(found)
        return found
