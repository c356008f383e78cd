"""From the parser's reductions to the tree, bottom up: no recursion, whatever the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from lark.grammar import Rule
from lark.lexer import Token

from resdsl.diagnostics import Label, Report
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.syntax import literals, tree
from resdsl.syntax.expressions import Expressions
from resdsl.syntax.pieces import (
    Kid,
    Piece,
    first,
    flatten,
    kid_type,
    only_piece,
    piece,
    pieces,
    token_of,
    value_of,
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

FAULTY = object()
"""Stands for what did not parse."""

_DEEPENS = frozenset({
    "body", "if_", "for_", "branch", "repeat", "stage", "region", "residual", "dense", "merge", "aux", "args", "choose",
    "either", "both", "negation", "test", "sum", "product", "sign", "power", "apply", "item", "field", "list", "parens",
    "product_count", "target", "hole",
})  # fmt: skip


class _Callbacks(dict[Rule, Callable[[list[Any]], Any]]):
    """The reductions by rule, each made when the first text needs it: a small text needs few of some hundred."""

    def __init__(self, make: Callable[[Rule], Callable[[list[Any]], Any]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, rule: Rule) -> Callable[[list[Any]], Any]:
        made = self[rule] = self._make(rule)
        return made

    def __bool__(self) -> bool:
        return True  # Lark takes a dictionary that is empty yet for none at all


class Builder(Expressions):
    """The reductions of one text, and the names that its faulty definitions would have defined."""

    def __init__(self, source: Source, report: Report, limits: Limits) -> None:
        super().__init__(source, report, limits)
        self.faulty_names: set[str] = set()
        self.partial: list[tree.Definition] = []
        """Definitions with faults, without the statements at fault."""
        self.unread: set[str] = set()
        """The words of what was given up."""
        self.out_of_step = False
        """Whether a brace is missing or too many, so that what stands where is a guess."""
        self.callbacks = _Callbacks(self._callback)
        """What Lark's parser calls at each reduction."""

    def _callback(self, rule: Rule) -> Callable[[list[Any]], Any]:
        origin = str(rule.origin.name)
        if origin.startswith("__"):
            return flatten
        if origin.startswith("_") or (origin == "expr"):
            return first
        handler: Callable[[list[Kid], Span], Any] = getattr(self, f"on_{origin}")
        deepens = origin in _DEEPENS
        source, limit = self.source, self.limits.nesting

        def reduce(raw: list[Any]) -> Piece:
            kids = flatten(raw)
            start, end = (kids[0].start_pos, kids[-1].end_pos) if kids else (0, 0)
            depth = 0
            for kid in kids:
                if type(kid) is Piece and kid.depth > depth:
                    depth = kid.depth
            depth += deepens
            value = handler(kids, Span(source, start, end))
            if depth > limit:
                place, help_ = Span(self.source, start, start + 1), "--max-nesting raises the limit"
                self.complain("E007", f"nested more than {limit} deep", place, help=help_)
                return Piece(value, start, end, -(10**9), origin)
            return Piece(value, start, end, depth, origin)

        return reduce

    # --- helpers ---------------------------------------------------------------------------------

    def leave_unread(self, start: int, end: int) -> None:
        """Notes the words of a part of the text that is given up."""
        self.unread.update(_WORD.findall(self.source.text, start, end))

    def _faulty(self, span: Span, *names: str) -> bool:
        """Whether a fault lies in the item at `span`; its names are then unknown and silent."""
        if self.last_fault < span.start:
            return False
        self.faulty_names.update(names)
        return True

    # --- files and definitions -------------------------------------------------------------------

    def on_start(self, kids: list[Kid], _span: Span) -> tuple[tree.Definition, ...]:
        return tuple(kid.value for kid in kids if isinstance(kid, Piece) and kid.value is not FAULTY)

    def on_expression(self, kids: list[Kid], _span: Span) -> Any:
        return piece(kids).value

    def on_fault(self, _kids: list[Kid], span: Span) -> object:
        self.leave_unread(span.start, span.end)
        return FAULTY

    def on_use(self, kids: list[Kid], span: Span) -> Any:
        origin = token_of(kids[1])
        names = tuple(self.ident(kid) for kid in kids[3:] if kid_type(kid) == "NAME")
        path = None
        if origin.type == "STRING":
            path = str(origin)[1:-1]
        elif origin != "std":
            help_ = '`use std: a, b` takes from the library, `use "file.res": a` from a file'
            message = f"expected `std` or a path in quotes, found `{origin}`"
            self.complain("E010", message, self.span(origin), help=help_)
        if self._faulty(span, *(name.name for name in names)):
            return FAULTY
        return tree.Use(span, path, self.span(origin), names)

    def on_block(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        numbered = False
        for index in pieces(kids, "index"):
            numbered = True
            if index.value is not None:
                self.complain("E010", "expected `[]`: a block's brackets are empty", self.span(index))
        block = tree.Block(span, name, value_of(kids, "params", ()), numbered, value_of(kids, "body"))
        if self._faulty(span, name.name):
            self.partial.append(block)
            return FAULTY
        return block

    def on_model(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        model = tree.Model(span, name, value_of(kids, "params", ()), value_of(kids, "body"))
        if self._faulty(span, name.name):
            self.partial.append(model)
            return FAULTY
        return model

    def on_variant(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        if self._faulty(span, name.name):
            return FAULTY
        return tree.Variant(span, name, value_of(kids, "call"), value_of(kids, "body", None))

    def on_file_let(self, kids: list[Kid], span: Span) -> Any:
        let: tree.Let = piece(kids).value
        return FAULTY if self._faulty(span, let.name.name) else tree.FileLet(span, let)

    def on_params(self, kids: list[Kid], _span: Span) -> tuple[tree.Param, ...]:
        return tuple(kid.value for kid in pieces(kids, "param"))

    def on_param(self, kids: list[Kid], span: Span) -> tree.Param:
        return tree.Param(span, self.ident(kids[0]), only_piece(kids))

    # --- statements ------------------------------------------------------------------------------

    def on_body(self, kids: list[Kid], span: Span) -> tree.Body:
        return tree.Body(span, tuple(k.value for k in kids if isinstance(k, Piece) and k.value is not FAULTY))

    def on_let(self, kids: list[Kid], span: Span) -> tree.Let:
        value = piece(kids, -1).value
        return tree.Let(span, self.ident(kids[1]), value_of(kids, "params", None), value)

    def on_require(self, kids: list[Kid], span: Span) -> tree.Require:
        message = literals.text(self, kids[3], self.parse_inner) if len(kids) > 3 else None
        return tree.Require(span, piece(kids).value, message)

    def on_default(self, kids: list[Kid], span: Span) -> tree.Default:
        return tree.Default(span, value_of(kids, "call"))

    def on_input(self, kids: list[Kid], span: Span) -> tree.Input:
        name = self.ident(kids[1]) if len(kids) > 2 else None
        return tree.Input(span, name, piece(kids).value)

    def on_output(self, kids: list[Kid], span: Span) -> tree.Output:
        return tree.Output(span, tuple(kid.value for kid in pieces(kids, "ref")))

    def on_survival(self, kids: list[Kid], span: Span) -> tree.Survival:
        found: dict[str, tree.Ident] = {}
        for modifier in pieces(kids, "modifier"):
            word, ident = modifier.value
            if word in found:
                self.complain("E022", f"`{word}` stands twice", self.span(modifier))
            found[word] = ident
            allowed = ("batch", "sample") if word == "per" else ("test", "train")
            if ident.name not in allowed:
                message = f"expected `{allowed[0]}` or `{allowed[1]}` after `{word}`, found `{ident.name}`"
                self.complain("E010", message, ident.span)
        return tree.Survival(span, piece(kids).value, found.get("per"), found.get("rescale"))

    def on_modifier(self, kids: list[Kid], _span: Span) -> tuple[str, tree.Ident]:
        return str(token_of(kids[0])), self.ident(kids[1])

    def on_expect(self, kids: list[Kid], span: Span) -> tree.Expect:
        last = kids[3]
        value = last.value if isinstance(last, Piece) else literals.number(self, last)
        return tree.Expect(span, self.ident(kids[1]), str(token_of(kids[2])), value)

    def on_if_(self, kids: list[Kid], span: Span) -> tree.If:
        otherwise = piece(kids, 4).value if len(kids) > 3 else None
        return tree.If(span, piece(kids, 1).value, piece(kids, 2).value, otherwise)

    def on_for_(self, kids: list[Kid], span: Span) -> tree.For:
        targets = pieces(kids, "target")
        parts = tuple(kid.value for kid in targets)
        target = parts[0]
        if len(parts) > 1:
            target = tree.Target(parts[0].span.to(parts[-1].span), None, parts)
        return tree.For(span, target, piece(kids, -2).value, piece(kids, -1).value)

    def on_target(self, kids: list[Kid], span: Span) -> tree.Target:
        if len(kids) == 1:
            return tree.Target(span, self.ident(kids[0]), ())
        return tree.Target(span, None, tuple(kid.value for kid in pieces(kids, "target")))

    def on_shared(self, kids: list[Kid], span: Span) -> tree.Shared:
        return tree.Shared(span, self.ident(kids[1]), piece(kids).value)

    def on_branch(self, kids: list[Kid], span: Span) -> tree.Flow:
        return tree.Flow(span, piece(kids).value.steps, branch=True)

    def on_flow(self, kids: list[Kid], span: Span) -> tree.Flow:
        return tree.Flow(span, tuple(kid.value for kid in pieces(kids, "step")))

    # --- steps and units -------------------------------------------------------------------------

    def on_step(self, kids: list[Kid], span: Span) -> tree.Step:
        return tree.Step(span, value_of(kids, "label", None), piece(kids, -1).value)

    def on_label(self, kids: list[Kid], span: Span) -> tree.Label:
        first = kids[0]
        index = kids[1] if isinstance(kids[1], Piece) else None
        if isinstance(first, Piece) and first.rule == "index":
            return tree.Label(span, None, first.value, numbered=index is not None, quoted=False)
        if index is not None and index.value is not None:
            self.complain("E010", "expected `[]`: brackets behind a name are empty", self.span(index))
        if isinstance(first, Piece):
            return tree.Label(span, first.value, None, numbered=index is not None, quoted=False)
        return tree.Label(
            span, literals.text(self, first, self.parse_inner), None, numbered=index is not None, quoted=True
        )

    def on_name(self, kids: list[Kid], span: Span) -> tree.Text:
        parts: list[str | tree.Expr] = [str(token_of(kids[0]))]
        for hole in pieces(kids, "hole"):
            parts.extend(hole.value)
        for left, right in pairwise(kids):
            if left.end_pos != right.start_pos:
                self.complain("E010", "expected no blank before `{` in a name", self.span(right))
                break
        return tree.Text(span, tuple(parts))

    def on_hole(self, kids: list[Kid], _span: Span) -> tuple[str | tree.Expr, ...]:
        if len(kids) == 3:
            return (piece(kids).value,)
        return (piece(kids).value, str(token_of(kids[3])))

    def on_index(self, kids: list[Kid], _span: Span) -> Any:
        return only_piece(kids)

    def on_call(self, kids: list[Kid], span: Span) -> tree.Call:
        return tree.Call(span, self.ident(kids[0]), value_of(kids, "args", None))

    def on_repeat(self, kids: list[Kid], span: Span) -> tree.Repeat:
        return tree.Repeat(span, piece(kids, 0).value, piece(kids, 2).value)

    def on_stage(self, kids: list[Kid], span: Span) -> tree.Stage:
        return tree.Stage(span, piece(kids, 1).value, piece(kids, 2).value)

    def on_region(self, kids: list[Kid], span: Span) -> tree.Region:
        return tree.Region(span, piece(kids, 1).value, piece(kids, 3).value)

    def on_residual(self, kids: list[Kid], span: Span) -> tree.Residual:
        found: dict[str, Any] = {}
        for clause in pieces(kids, "clause"):
            word = clause.value[0]
            if word in found:
                first = Label(self.span(found[word]), "first here")
                self.complain("E022", f"`{word}` stands twice", self.span(clause), secondary=(first,))
            found.setdefault(word, clause)
        parts = {word: clause.value[1] for word, clause in found.items()}
        return tree.Residual(
            span,
            value_of(kids, "body"),
            parts.get("shortcut"),
            parts.get("gate"),
            parts.get("carry"),
            parts.get("survival"),
        )

    def on_clause(self, kids: list[Kid], span: Span) -> tuple[str, Any]:
        first = kids[0]
        if isinstance(first, Piece):
            return "survival", first.value
        last = piece(kids, -1).value
        if first.type != "SHORTCUT":
            return str(first), last
        return "shortcut", tree.Shortcut(span, value_of(kids, "label", None), last)

    def on_dense(self, kids: list[Kid], span: Span) -> tree.Dense:
        return tree.Dense(span, value_of(kids, "body"))

    def on_merge(self, kids: list[Kid], span: Span) -> tree.Merge:
        return tree.Merge(span, str(token_of(kids[0])), value_of(kids, "body"))

    def on_keep(self, kids: list[Kid], span: Span) -> tree.Keep:
        return tree.Keep(span, tuple(kid.value for kid in pieces(kids, "name")))

    def on_from_(self, kids: list[Kid], span: Span) -> tree.From:
        return tree.From(span, value_of(kids, "ref"))

    def on_ref(self, kids: list[Kid], span: Span) -> tree.Ref:
        for index in pieces(kids, "index"):
            if index.value is None:
                self.complain("E010", "expected a number in `[ ]`", self.span(index))
        return tree.Ref(span, piece(kids, 0).value, value_of(kids, "index", None))

    def on_aux(self, kids: list[Kid], span: Span) -> tree.Aux:
        weight = piece(kids, 2).value if isinstance(kids[1], Token) else None
        return tree.Aux(span, weight, value_of(kids, "label"), piece(kids, -1).value)
