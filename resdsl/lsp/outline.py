"""The structure of a text: its definitions and parts, what can be folded, the places of one name."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.lsp.documents import Snapshot, Word
from resdsl.lsp.positions import Encoding
from resdsl.lsp.signatures import parameters
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax import tree


class Entry(Record):
    """A part of the outline. `span` is all of it, `name_span` what is selected when it is chosen."""

    name: str
    kind: str
    """block, model, function, value, stage, region, part, auxiliary, shared, input."""
    detail: str
    span: Span
    name_span: Span
    children: tuple[Entry, ...] = ()


class Fold(Record):
    """Lines, from 0, that can be folded away behind the first."""

    first: int
    last: int
    kind: str | None = None
    """`comment`, `imports`, or none."""


def outline(snapshot: Snapshot) -> list[Entry]:
    """The definitions of a text; of those that do not parse, only the name."""
    found = [entry for item in snapshot.file.items if (entry := _definition(item)) is not None]
    known = {entry.name for entry in found}
    for chunk in snapshot.chunks.all:
        word, _, name = chunk.key[0].partition(" ")
        if name and name not in known and chunk.text.split(name, 1)[0].split() == [word]:
            start = chunk.start + chunk.text.index(name)
            whole = Span(snapshot.source, chunk.start, chunk.start + len(chunk.text.rstrip()))
            name_span = Span(snapshot.source, start, start + len(name))
            found.append(Entry(name, "value" if word == "let" else word, "", whole, name_span))
    return sorted(found, key=lambda entry: entry.span.start)


def _definition(item: tree.Definition) -> Entry | None:
    match item:
        case tree.Block(name=name, params=params, body=body):
            return Entry(name.name, "block", _params(params), item.span, name.span, tuple(_parts(body)))
        case tree.Model(name=name, params=params, body=body):
            return Entry(name.name, "model", _params(params), item.span, name.span, tuple(_parts(body)))
        case tree.Variant(name=name, call=call):
            return Entry(name.name, "model", f"= {' '.join(call.span.text.split())}", item.span, name.span)
        case tree.FileLet(let=let):
            kind = "value" if let.params is None else "function"
            return Entry(let.name.name, kind, _params(let.params or ()), item.span, let.name.span)
    return None


def _params(params: tuple[tree.Param, ...]) -> str:
    return f"({', '.join(argument.text for argument in parameters(params))})" if params else ""


def _parts(body: tree.Body) -> Iterator[Entry]:
    """The named parts in braces, at any depth of unnamed ones."""
    for stmt in body.stmts:
        match stmt:
            case tree.Flow(steps=steps):
                for step in steps:
                    yield from _step(step)
            case tree.For(body=inner):
                yield from _parts(inner)
            case tree.If():
                yield from _branches(stmt)
            case tree.Shared(name=name, unit=unit):
                yield Entry(name.name, "shared", "", stmt.span, name.span, tuple(_unit(unit)))
            case tree.Input(name=tree.Ident(span=span, name=text)):
                yield Entry(text, "input", "", stmt.span, span)


def _branches(stmt: tree.If) -> Iterator[Entry]:
    yield from _parts(stmt.body)
    if isinstance(stmt.otherwise, tree.If):
        yield from _branches(stmt.otherwise)
    elif stmt.otherwise is not None:
        yield from _parts(stmt.otherwise)


def _step(step: tree.Step) -> Iterator[Entry]:
    label = step.label
    if label is None or label.name is None:
        yield from _unit(step.unit)
        return
    name = label.name.span.text.strip('"')
    yield Entry(name, "part", _detail(step.unit), step.span, label.name.span, tuple(_unit(step.unit)))


def _detail(unit: tree.Unit) -> str:
    return unit.name.name if isinstance(unit, tree.Call) else ""


def _unit(unit: tree.Unit) -> Iterator[Entry]:
    match unit:
        case tree.Stage(label=label, unit=inner) if label.name is not None:
            yield Entry(label.name.span.text, "stage", _what(inner), unit.span, label.name.span, tuple(_unit(inner)))
        case tree.Region(name=name, unit=inner):
            yield Entry(name.span.text, "region", _what(inner), unit.span, name.span, tuple(_unit(inner)))
        case tree.Aux(label=label, unit=inner) if label.name is not None:
            yield Entry(
                label.name.span.text, "auxiliary", _what(inner), unit.span, label.name.span, tuple(_unit(inner))
            )
        case tree.Body():
            yield from _parts(unit)
        case tree.Repeat(unit=inner):
            yield from _unit(inner)
        case tree.Dense(body=body) | tree.Merge(body=body):
            yield from _parts(body)
        case tree.Residual():
            for part in (unit.main, unit.gate, unit.carry):
                if part is not None:
                    yield from _parts(part)


def _what(unit: tree.Unit) -> str:
    """A unit on one line, if it is short."""
    if isinstance(unit, tree.Call | tree.Repeat):
        text = " ".join(unit.span.text.split())
        return text if len(text) <= 80 else f"{text[:79]}…"
    return ""


# --- folds ---------------------------------------------------------------------------------------


def folds(snapshot: Snapshot) -> list[Fold]:
    """Brackets and braces over several lines, runs of comments and of `use`."""
    positions = snapshot.positions(Encoding.UTF32)
    found: list[Fold] = []
    stack: list[Word] = []
    runs: list[tuple[str, int, int]] = []
    for word in snapshot.raw_words:
        line = positions.line_of(word.start)
        if word.kind in {"LBRACE", "LPAR", "LSQB"}:
            stack.append(word)
        elif word.kind in {"RBRACE", "RPAR", "RSQB"} and stack:
            first = positions.line_of(stack.pop().start)
            if line > first:
                found.append(Fold(first, line - 1 if line - 1 > first else line))
        alone = not snapshot.text[positions.start_of(line) : word.start].strip()
        kind = {"COMMENT": "comment", "USE": "imports"}.get(word.kind)
        if kind is not None and alone:
            if runs and runs[-1][0] == kind and runs[-1][2] == line - 1:
                runs[-1] = (kind, runs[-1][1], line)
            else:
                runs.append((kind, line, line))
    found.extend(Fold(first, last, kind) for kind, first, last in runs if last > first)
    return sorted(found, key=lambda fold: (fold.first, fold.last))
