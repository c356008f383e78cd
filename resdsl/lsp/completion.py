"""What may be written at the cursor."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator
from itertools import takewhile

from resdsl.elaborate.library import library_names
from resdsl.elaborate.symbols import Kind, Symbol, predefined
from resdsl.lsp.documents import Snapshot, Word, Workspace
from resdsl.lsp.paths import library, specs_below, used_path
from resdsl.lsp.place import Before, OpenCall, before, depth, open_call
from resdsl.lsp.signatures import Argument, Signature, resolve, signature_of
from resdsl.lsp.wording import FUNCTIONS, KEYWORDS, METRICS, VALUES
from resdsl.ops.registry import merge_names
from resdsl.records import Record
from resdsl.syntax import tree
from resdsl.syntax.keywords import ITEM_WORDS, STATEMENT_WORDS

_AFTER = {
    "PER": ("batch", "sample"),
    "RESCALE": ("test", "train"),
}
_NEW_NAME = frozenset({"KEEP", "STAGE", "REGION", "AUX", "SHARED", "LET", "FOR", "BLOCK", "MODEL"})
_STEP_WORDS = ("add", "aux", "concat", "dense", "from", "keep", "mean", "mul", "region", "residual", "stage")
_STEP_BEGINS = frozenset({"ARROW", "VBAR", "COLON"})
_VALUE_BEGINS = frozenset({
    "EQUAL", "CMP", "ADDOP", "MULOP", "LPAR", "LSQB", "COMMA", "IN", "IF", "REQUIRE", "SURVIVAL", "INPUT", "THEN",
    "ELSE", "AND", "OR", "NOT", "TILDE",
})  # fmt: skip
_DUE = frozenset(
    {"ARROW", "COMMA", "DEFAULT", "EQUAL", "EXPECT", "FROM", "OUTPUT", "PER", "RESCALE", "SHORTCUT", "USE"}
)
"""What a blank may stand behind, so that something particular is due."""
_CLAUSES = ("carry", "gate", "shortcut", "survival")


class Insertion(Record):
    """A change beside the cursor that comes with an item: the `use` of a name."""

    offset: int
    text: str


class Item(Record):
    """Something that may be written. `insert` takes the place of the name that is being written."""

    label: str
    kind: str
    """block, operator, model, function, value, parameter, argument, keyword, word, file, import."""
    detail: str = ""
    doc: str = ""
    insert: str | None = None
    extra: Insertion | None = None
    order: int = 1
    """Items of a lower one stand first."""


class Completion(Record):
    start: int
    """Where the name begins that an item replaces, up to the cursor."""
    items: tuple[Item, ...]


def complete(workspace: Workspace, snapshot: Snapshot, offset: int, typed: str | None = None) -> Completion | None:
    """What may be written at an offset; `None` in comments and plain strings.

    `typed` is the character that made the editor ask, if it was not the user: it asks often, and is answered where
    something particular is due.
    """
    here = before(snapshot, offset)
    if here.comment or not _is_due(here, typed):
        return None
    writer = _Writer(workspace, snapshot, offset, here)
    if here.string is not None:
        return writer.in_string(here.string)
    items = {item.label: item for item in sorted(writer.items(), key=lambda item: -item.order)}
    return Completion(here.start, tuple(sorted(items.values(), key=lambda item: (item.order, item.label))))


def _is_due(here: Before, typed: str | None) -> bool:
    """Whether an editor that asks by itself gets an answer."""
    if typed in {'"', "/"}:
        return here.string is not None
    return typed != " " or (here.last is not None and here.last.kind in _DUE)


class _Writer:
    """Finds the items of one place."""

    def __init__(self, workspace: Workspace, snapshot: Snapshot, offset: int, here: Before) -> None:
        self.workspace = workspace
        self.snapshot = snapshot
        self.offset = offset
        self.here = here
        self.top = snapshot.names

    def items(self) -> Iterable[Item]:
        here = self.here
        last = here.last
        line = self._line()
        call = open_call(self.snapshot, here.start)
        if line[:1] == ["use"]:
            return self._use(line)
        if call is not None:
            return self._argument(call)
        if depth(here.words) == 0 and not (last is not None and last.kind in _VALUE_BEGINS):
            return self._keywords(ITEM_WORDS) if here.begins_line else ()
        if depth(here.words) == 0 and line[:1] == ["model"]:
            return self._models()
        return self._in_braces(last, line)

    def _line(self) -> list[str]:
        """The words of the line before the cursor, up to the name that is being written."""
        words: list[str] = []
        for word in reversed(self.here.words):
            if word.kind in {"_NL", "_SEMI"}:
                break
            words.insert(0, word.text)
        return words

    def _in_braces(self, last: Word | None, line: list[str]) -> Iterable[Item]:
        kind = last.kind if last is not None else ""
        if kind == "DOT":
            return [Item(name, "value") for name in ("channels", "size", "stride")]
        if kind == "FROM" or line[:1] == ["output"]:
            return self._kept()
        if kind == "SHORTCUT" or line[-3:-1] == ["shortcut"] or self._named_shortcut(line):
            return self._policies()
        if kind in _AFTER:
            return [Item(word, "word") for word in _AFTER[kind]]
        if kind == "EXPECT":
            return [Item(name, "word", detail=doc) for name, doc in METRICS.items()]
        if kind == "DEFAULT":
            return self._operators()
        if kind in _NEW_NAME:
            return ()
        if kind == "LBRACE" or self.here.begins_line or kind in _STEP_BEGINS or self._behind_count():
            words = STATEMENT_WORDS if self.here.begins_line or kind == "LBRACE" else _STEP_WORDS
            return [*self._steps(), *self._keywords(words), *self._keywords(self._clauses())]
        if kind in _VALUE_BEGINS:
            return self._values()
        if kind == "RBRACE":
            return self._keywords((*_CLAUSES, "else"))
        return self._keywords(("then", "if", "else", "and", "or", "per", "rescale"))

    def _named_shortcut(self, line: list[str]) -> bool:
        return len(line) >= 3 and line[-1] == ":" and line[-3] == "shortcut"

    def _behind_count(self) -> bool:
        words = [word for word in self.here.words if word.kind != "_NL"]
        return len(words) > 1 and words[-1].text == "x" and words[-2].kind in {"NUMBER", "NAME", "RPAR", "RSQB"}

    def _clauses(self) -> Iterable[str]:
        """The clauses of a residual, behind its braces."""
        last = self.here.last
        return _CLAUSES if last is not None and last.kind == "RBRACE" else ()

    # --- use -------------------------------------------------------------------------------------

    def _use(self, line: list[str]) -> Iterable[Item]:
        if ":" not in line:
            return [Item("std", "file", "the library that ships", insert="std: ")] if len(line) == 1 else ()
        written = set(line[line.index(":") :])
        if line[1] == "std":
            return [item for item in self._library() if item.label not in written]
        path = used_path(line[1].strip('"'), self.snapshot.path, None)
        target = self.workspace.file(path) if path is not None else None
        if target is None:
            return ()
        own = (symbol for symbol in target.index.top.values() if symbol.kind is not Kind.IMPORT)
        return [self._item(symbol, target) for symbol in own if symbol.name not in written]

    def _library(self) -> Iterator[Item]:
        """The definitions of the library."""
        for name, file in library_names().items():
            target = self.workspace.file(library() / file)
            symbol = target.index.top.get(name) if target is not None else None
            if target is not None and symbol is not None:
                yield self._item(symbol, target)

    def _importable(self) -> Iterator[Item]:
        """Definitions of the library that are not taken yet; each comes with its `use`."""
        for item in self._library():
            if item.label not in self.top and item.label not in predefined():
                detail = f"use std: {item.label}"
                yield Item(item.label, item.kind, detail, item.doc, item.insert, self._use_of(item.label), order=3)

    def _use_of(self, name: str) -> Insertion:
        """The change that takes a name from the library."""
        for item in self.snapshot.file.items:
            if isinstance(item, tree.Use) and item.path is None and item.names:
                return Insertion(item.names[-1].span.end, f", {name}")
        items = self.snapshot.file.items
        first = items[0].span.start if items else self._behind_header()
        return Insertion(self.snapshot.text.rfind("\n", 0, first) + 1, f"use std: {name}\n\n")

    def _behind_header(self) -> int:
        """Where definitions begin in a text that has none."""
        words = self.snapshot.raw_words
        return next((w.start for w in words if w.kind not in {"COMMENT", "_NL"}), len(self.snapshot.text))

    def in_string(self, string: Word) -> Completion | None:
        """Files, in the string of a `use`."""
        if self._line() != ["use"] or self.snapshot.path is None:
            return None
        folder = self.snapshot.path.parent
        others = (path for path in specs_below(folder) if path.resolve() != self.snapshot.path)
        names = [path.relative_to(folder).as_posix() for path in others]
        return Completion(string.start + 1, tuple(Item(name, "file") for name in names))

    # --- names -----------------------------------------------------------------------------------

    def _item(self, symbol: Symbol, snapshot: Snapshot, order: int = 1) -> Item:
        real, where = self.workspace.defined(symbol, snapshot)
        signature = signature_of(real, where)
        kind = {Kind.BLOCK: "block", Kind.MODEL: "model", Kind.FUNCTION: "function", Kind.OPERATOR: "operator"}
        detail = signature.label if signature else real.kind.value
        return Item(symbol.name, kind.get(real.kind, "value"), detail, signature.doc if signature else "", order=order)

    def _operators(self) -> list[Item]:
        joins = merge_names()
        operators = (s for s in predefined().values() if s.kind is Kind.OPERATOR and s.name not in joins)
        return [self._item(symbol, self.snapshot, order=2) for symbol in operators]

    def _steps(self) -> Iterator[Item]:
        """What may be a step: operators, blocks, and names that may hold one."""
        yield from self._operators()
        for symbol in self.top.values():
            if self.workspace.defined(symbol, self.snapshot)[0].kind in {Kind.BLOCK, Kind.IMPORT}:
                yield self._item(symbol, self.snapshot)
        for name, kind in self._local():
            if kind in {Kind.PARAMETER, Kind.SHARED, Kind.VALUE, Kind.VARIABLE}:
                yield Item(name, "parameter", kind.value, order=0)
        yield from self._importable()

    def _policies(self) -> Iterator[Item]:
        """Blocks that may be a shortcut: those of the file, and what the library has beside its other shortcuts."""
        yield Item("none", "value", "no addition, no shortcut", order=1)
        for symbol in self.top.values():
            if self.workspace.defined(symbol, self.snapshot)[0].kind is Kind.BLOCK:
                yield self._item(symbol, self.snapshot)
        for name, kind in self._local():
            if kind in {Kind.PARAMETER, Kind.VALUE}:
                yield Item(name, "parameter", kind.value, order=0)
        yield self._item(predefined()["identity"], self.snapshot)
        policies = {name for name, file in library_names().items() if file == "shortcuts.res"}
        yield from (item for item in self._importable() if item.label in policies)

    def _models(self) -> list[Item]:
        models = (s for s in self.top.values() if self.workspace.defined(s, self.snapshot)[0].kind is Kind.MODEL)
        return [self._item(symbol, self.snapshot) for symbol in models]

    def _kept(self) -> list[Item]:
        kinds = {Kind.KEPT, Kind.INPUT}
        return [Item(name, "value", kind.value, order=0) for name, kind in self._local() if kind in kinds]

    def _values(self) -> Iterator[Item]:
        for name, kind in self._local():
            yield Item(name, "parameter" if kind is Kind.PARAMETER else "value", kind.value, order=0)
        for symbol in self.top.values():
            yield self._item(symbol, self.snapshot)
        yield from (Item(name, "function", *FUNCTIONS[name], order=2) for name in FUNCTIONS)
        yield from (Item(name, "value", doc, order=2) for name, doc in VALUES.items())
        yield from (Item(name, "keyword", order=2) for name in ("true", "false"))
        yield from self._operators()

    def _keywords(self, words: Iterable[str]) -> list[Item]:
        return [Item(word, "keyword", doc=KEYWORDS[word], order=2) for word in words]

    def _argument(self, call: OpenCall) -> Iterator[Item]:
        """Arguments of a call that are free, or values for the one that the cursor stands in."""
        found = resolve(call.name.text, self.workspace, self.snapshot)
        signature = signature_of(*found) if found else None
        argument = _argument_of(signature, call.argument)
        if argument is not None and argument.words:
            yield from (Item(word, "word", argument.name, order=0) for word in argument.words)
            return
        if argument is not None and argument.type == "initialiser":
            inits = (s for s in predefined().values() if s.kind is Kind.INITIALISER)
            yield from (self._item(symbol, self.snapshot, order=0) for symbol in inits)
        last = self.here.last
        if signature is not None and call.argument is None and last is not None and last.kind in {"LPAR", "COMMA"}:
            free = [a for a in signature.arguments if a.name not in call.given][call.positional :]
            for place, a in enumerate(free):
                yield Item(a.name, "argument", _argument_detail(a), insert=f"{a.name}=", order=-len(free) + place)
        yield from self._values()

    # --- names in sight --------------------------------------------------------------------------

    def _local(self) -> ItemsView[str, Kind]:
        return local_names(self.snapshot, self.offset).items()


def _argument_of(signature: Signature | None, name: str | None) -> Argument | None:
    if signature is None or name is None:
        return None
    return next((a for a in signature.arguments if a.name == name), None)


def _argument_detail(argument: Argument) -> str:
    default = f" = {argument.default}" if argument.default is not None else ", must be written"
    return f"{argument.type or 'parameter'}{default}"


def local_names(snapshot: Snapshot, offset: int) -> dict[str, Kind]:
    """The names of the definition around an offset that are in sight there, whether or not it parses.

    Parameters, `let`s, loops and shared steps of the braces that are open; what is kept anywhere.
    """
    chunk = snapshot.chunks.at(offset)
    words = [w for w in snapshot.raw_words if chunk.start <= w.start < chunk.end and w.kind not in {"COMMENT", "_NL"}]
    found = _kept(words)
    levels: list[dict[str, Kind]] = [{}]
    looped: dict[str, Kind] = {}  # what the loop binds whose braces come next
    for at, word in enumerate(words):
        if word.start >= offset:
            break
        if word.kind == "LBRACE":
            levels.append(looped)
            looped = {}
        elif word.kind == "RBRACE" and len(levels) > 1:
            levels.pop()
        elif word.kind in {"LET", "SHARED"} and 0 < at < len(words) - 1:
            levels[-1][words[at + 1].text] = Kind.VALUE if word.kind == "LET" else Kind.SHARED
        elif word.kind == "FOR":
            targets = takewhile(lambda w: w.kind in {"NAME", "COMMA", "LPAR", "RPAR"}, words[at + 1 :])
            looped = {target.text: Kind.VARIABLE for target in targets if target.kind == "NAME"}
    for level in levels:
        found.update(level)
    found.update(dict.fromkeys(_parameters(words), Kind.PARAMETER))
    return found


def _kept(words: list[Word]) -> dict[str, Kind]:
    """The names that `keep` and `input` give."""
    found: dict[str, Kind] = {}
    for at, word in enumerate(words):
        if word.kind == "KEEP":
            found.update(dict.fromkeys(_listed(words, at + 1), Kind.KEPT))
        elif word.kind == "INPUT" and _kind(words, at + 2) == "COLON":
            found[words[at + 1].text] = Kind.INPUT
    return found


def _kind(words: list[Word], at: int) -> str:
    return words[at].kind if at < len(words) else ""


def _listed(words: list[Word], at: int) -> Iterator[str]:
    """The names of `keep a, b`; computed ones are left out."""
    while at < len(words) and _kind(words, at + 1) != "LBRACE":
        yield words[at].text
        if _kind(words, at + 1) != "COMMA":
            return
        at += 2


def _parameters(words: list[Word]) -> list[str]:
    """The parameters in the head of a definition."""
    if len(words) < 3 or words[0].kind not in {"BLOCK", "MODEL", "LET"} or words[2].kind != "LPAR":
        return []
    found: list[str] = []
    nested = 0
    for at in range(2, len(words)):
        kind = words[at].kind
        if kind in {"LPAR", "LSQB"}:
            nested += 1
        elif kind in {"RPAR", "RSQB"}:
            nested -= 1
        elif kind == "NAME" and nested == 1 and words[at - 1].kind in {"LPAR", "COMMA"}:
            found.append(words[at].text)
        if nested == 0 or kind == "LBRACE":
            break
    return found
