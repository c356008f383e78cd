"""What can be said of a body without executing it: every name and every argument, in every branch.

Elaboration executes only what a model reaches. This walk reaches the rest, so that a misspelt name is found in a
block that nothing calls. Where both find a fault, it has the same code and place, and is one report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from resdsl.diagnostics import Label
from resdsl.diagnostics.suggest import replacement, respelling
from resdsl.elaborate.binding import check_arguments, missing, missing_help, missing_message, signature
from resdsl.elaborate.context import Home, file_context
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.library import unknown
from resdsl.elaborate.names import CONTEXTUAL
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.values import (
    UNKNOWN,
    BlockValue,
    Builtin,
    FunctionValue,
    Given,
    InitKind,
    ModelValue,
    OperatorValue,
    Unknown,
    Value,
    title,
)
from resdsl.ops.registry import merge_names
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.scoping import ScopedWalk
from resdsl.syntax.walking import constructs

_LISTED = 8

WORD_ARGUMENTS = frozenset({"mode", "padding_mode", "fan"})
"""Arguments that take bare words. Where the callee is known only later, a bare word there is no unknown name."""


@dataclass(slots=True)
class Sight:
    """The names in sight at a place. Values are known for those of the file; the others are `UNKNOWN`."""

    kept: KeptNames
    names: dict[str, Span] = field(default_factory=dict)
    parent: Sight | None = None
    ends: bool = False
    """Whether `in` and `out` may mean something here."""
    current: bool = True
    """Whether there may be a current value, with `channels` and `size`."""
    index: bool = False
    """Whether `l` and `L` mean something here."""
    repeated: bool = False
    """Whether this is inside a repeat, so that `then` has a meaning."""
    branches: bool = False
    """Whether `|` begins a branch."""

    def find(self, name: str) -> Span | None:
        sight: Sight | None = self
        while sight is not None:
            if name in sight.names:
                return sight.names[name]
            sight = sight.parent
        return None

    def all_names(self) -> set[str]:
        names = set(self.kept.names)
        sight: Sight | None = self
        while sight is not None:
            names.update(sight.names)
            sight = sight.parent
        return names


@dataclass(slots=True)
class KeptNames:
    """Names that a body keeps somewhere, and the patterns of those whose names it computes."""

    names: dict[str, Span] = field(default_factory=dict)
    patterns: list[tuple[str, ...]] = field(default_factory=list)
    """Of each computed name what is written of it: the pieces between its holes, empty ones included."""

    def has(self, name: str) -> bool:
        return name in self.names or any(fits(name, pieces) for pieces in self.patterns)


def defaulted_kinds(homes: Iterable[Home]) -> frozenset[str]:
    """Operators that some `default` in these files is for: their arguments may come from there."""
    kinds: set[str] = set()
    for home in homes:
        for item in home.file.items:
            if isinstance(item, tree.Block | tree.Model):
                kinds.update(s.call.name.name for s in constructs(item.body) if isinstance(s, tree.Default))
    return frozenset(kinds)


def kept_names(body: tree.Body) -> KeptNames:
    """The names of `keep`s and inputs in a body."""
    kept = KeptNames()
    for item in constructs(body):
        if isinstance(item, tree.Keep):
            for text in item.names:
                note_kept(kept, text)
        elif isinstance(item, tree.Input) and item.name is not None:
            kept.names.setdefault(item.name.name, item.name.span)
    return kept


def kept_before(kept: KeptNames, ident: tree.Ident) -> Span | None:
    """Where a name was kept further up; a `keep` further down is itself the one at fault."""
    span = kept.names.get(ident.name)
    return span if span is not None and span.start < ident.span.start else None


def note_kept(kept: KeptNames, text: tree.Text) -> None:
    plain = text.plain
    if plain is not None:
        kept.names.setdefault(plain, text.span)
    else:
        kept.patterns.append(text.pieces)


def fits(name: str, pieces: tuple[str, ...]) -> bool:
    """Whether a name may be these pieces with anything between them. Linear, unlike a regular expression."""
    first, *between, last = pieces
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in between:
        place = name.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True


class Resolver(ScopedWalk[Sight]):
    """Checks the names, expressions and calls of one file; `statics.py` has what is said of statements and scopes."""

    def __init__(
        self, home: Home, evaluator: Evaluator, defaulted: frozenset[str], unread: frozenset[str] = frozenset()
    ) -> None:
        self.home = home
        self.unread = unread
        """Words that may be names, though nothing that parsed defines them."""
        self.evaluator = evaluator
        self.defaulted = defaulted

    # --- names -----------------------------------------------------------------------------------

    def declare(self, ident: tree.Ident, _node: tree.Node, sight: Sight) -> None:
        """A new name in these braces."""
        name = ident.name
        if name in self.evaluator.predefined or name in CONTEXTUAL:
            self.evaluator.error("E104", f"`{name}` is predefined", ident.span)
        elif (first := sight.names.get(name) or kept_before(sight.kept, ident)) is not None:
            self.evaluator.error(
                "E104", f"`{name}` is defined twice", ident.span, secondary=[Label(first, "the other one")]
            )
        sight.names.setdefault(name, ident.span)

    def static_value(self, name: str, sight: Sight) -> Value | None:
        """The value of a name where it is known without executing anything; `UNKNOWN` where it is not."""
        if sight.find(name) is not None or sight.kept.has(name):
            return UNKNOWN
        if name in self.home.values:
            return self.home.values[name]
        if name in self.home.pending:
            let = self.home.pending[name]
            return FunctionValue(let, file_context(self.home)) if let.params is not None else UNKNOWN
        return self.evaluator.predefined.get(name, UNKNOWN)

    def known(self, name: str, sight: Sight) -> bool:
        return (
            sight.find(name) is not None
            or sight.kept.has(name)
            or name in self.home.values
            or name in self.home.pending
            or name in self.evaluator.predefined
            or name in self.home.file.faulty_names
            or name in self.unread
        )

    def name(self, name: str, span: Span, sight: Sight, *, step: bool = False) -> bool:
        """Whether a name means something here, perhaps as a `step`; otherwise a report."""
        if self.known(name, sight):
            return True
        if name in CONTEXTUAL:
            allowed = {
                "in": sight.ends,
                "out": sight.ends,
                "l": sight.index,
                "L": sight.index,
                "channels": sight.current,
                "size": sight.current,
            }
            if not allowed[name]:
                self.evaluator.error("E105", f"`{name}` {CONTEXTUAL[name]}", span)
            return allowed[name]
        names = {*self.home.values, *self.home.pending, *self.evaluator.predefined, *sight.all_names()}
        self.evaluator.error(
            "E101", f"there is no `{name}` here", span, **unknown(name, span, names, self.home.file, step=step)
        )
        return False

    def kept(self, name: str, span: Span, sight: Sight) -> None:
        """A name behind `from` or `output`: one that nothing defines is told which values are kept."""
        if self.known(name, sight) or name in CONTEXTUAL:
            self.name(name, span, sight)
            return
        names = sorted(sight.kept.names)
        listed = ", ".join(f"`{kept}`" for kept in names[:_LISTED])
        otherwise = f"kept here: {listed}" if names else "`keep NAME` gives the current value a name"
        near = respelling(name, span, names, otherwise)
        self.evaluator.error("E101", f"there is no kept value `{name}` here", span, **near)

    # --- expressions -----------------------------------------------------------------------------

    def apply(self, expr: tree.Apply, sight: Sight) -> None:
        callee, args = expr.callee, expr.args
        value: Value = self.static_value(callee.name, sight) if isinstance(callee, tree.Name) else UNKNOWN
        for arg in args:
            if arg.later is not None:
                self.evaluator.error("E210", "`then` in an argument filled in for later has no meaning", arg.span)
        self.arguments(value, args, sight)
        if isinstance(value, FunctionValue | InitKind):
            self.complete(value, args, expr.span)
        self.expression(callee, sight)

    def arguments(self, callee: Value, args: tuple[tree.Arg, ...], sight: Sight) -> None:
        """Checks the arguments of a call whose callee may be known."""
        words: dict[int, frozenset[str]] = {}
        named = isinstance(callee, OperatorValue | BlockValue | InitKind | FunctionValue)
        if named or (isinstance(callee, Builtin) and callee.names):
            assert isinstance(callee, OperatorValue | BlockValue | InitKind | FunctionValue | Builtin)
            assignment = self.evaluator.assignment(callee, args, None) if args else ()
            words = {id(arg): allowed for _, arg, allowed in assignment or ()}
            if assignment is None:  # which argument is which is in doubt, so that a word may be any of them
                anyone = frozenset(word for allowed in signature(callee).words.values() for word in allowed)
                words = {
                    id(arg): anyone for arg in args if isinstance(arg.value, tree.Name) and arg.value.name in anyone
                }
            if isinstance(callee, OperatorValue) and assignment:
                self.literals(callee, [(name, arg) for name, arg, _ in assignment])
        for arg in args:
            expr = arg.value
            if isinstance(expr, tree.Name) and self.bare_word(arg, expr, words.get(id(arg)), callee, sight):
                continue
            self.expression(expr, sight)
            self.expression(arg.later, sight)

    def bare_word(
        self, arg: tree.Arg, expr: tree.Name, words: frozenset[str] | None, callee: Value, sight: Sight
    ) -> bool:
        """Whether an argument is a bare word (or was reported as a wrong one)."""
        if words:
            if expr.name in words:
                return True
            if not self.known(expr.name, sight):
                self.evaluator.not_a_word(arg.name.name if arg.name else "mode", expr, words, None)
                return True
            return False
        unknown = isinstance(callee, Unknown)
        return unknown and arg.name is not None and arg.name.name in WORD_ARGUMENTS and not self.known(expr.name, sight)

    def literals(self, callee: OperatorValue, args: list[tuple[str, tree.Arg]]) -> None:
        """Checks those arguments that are written as plain numbers, sizes and the like."""
        bound: dict[str, Given] = {}
        context = file_context(self.home)
        for name, arg in args:
            if arg.later is None and is_literal(arg.value):
                try:
                    bound[name] = Given(name, self.evaluator.value(arg.value, context), arg.value.span)
                except Failed:
                    continue
        for fault in check_arguments(callee.kind, bound):
            span = bound[str(fault.argument)].span
            fixes = [replacement(span, text, safe=False) for text in fault.instead]
            self.evaluator.fault(fault, span, None, fixes=fixes)

    def complete(self, callee: Value, args: tuple[tree.Arg, ...], span: Span) -> None:
        """Reports arguments that a call lacks. Silent where an argument is in error already."""
        if not isinstance(callee, OperatorValue | BlockValue | InitKind | FunctionValue):
            return
        assignment = self.evaluator.assignment(callee, args, None) if args else ()
        if assignment is None or (isinstance(callee, OperatorValue) and callee.kind in self.defaulted):
            return
        to = signature(callee)
        lacking = missing(to, [*(name for name, _, _ in assignment), *(str(g.name) for g in given_of(callee))])
        if lacking:
            defined = callee.definition.name.span if isinstance(callee, BlockValue) else None
            secondary = [Label(defined, f"`{to.title}` is defined here")] if defined else ()
            message = missing_message(to, lacking)
            self.evaluator.error("E121", message, span, secondary=secondary, help=missing_help(to))

    # --- calls as steps --------------------------------------------------------------------------

    def call(self, call: tree.Call, sight: Sight) -> None:
        """A step that is a call."""
        if not self.name(call.name.name, call.name.span, sight, step=True):
            self.arguments(UNKNOWN, call.args or (), sight)
            return
        callee = self.static_value(call.name.name, sight)
        for arg in call.args or ():
            if arg.later is not None and not sight.repeated:
                self.evaluator.error("E210", "`then` outside a repeat has no meaning", arg.span)
        self.arguments(callee, call.args or (), sight)
        if isinstance(callee, OperatorValue | BlockValue):
            if not (isinstance(callee, OperatorValue) and callee.kind in merge_names()):
                self.complete(callee, call.args or (), call.span)
        elif isinstance(callee, ModelValue | FunctionValue | Builtin | InitKind):
            message = f"`{call.name.name}` is {title(callee)}, not an operator or block"
            help_ = "only a variant calls a model; what two models share is a block"
            self.evaluator.error(
                "E114", message, call.name.span, help=help_ if isinstance(callee, ModelValue) else None
            )


def given_of(callee: Value) -> tuple[Given, ...]:
    return callee.args if isinstance(callee, OperatorValue | BlockValue) else ()


def is_literal(expr: tree.Expr) -> bool:
    match expr:
        case tree.Number() | tree.Bool() | tree.SizeLit():
            return True
        case tree.Unary(operand=operand):
            return isinstance(operand, tree.Number)
        case tree.ListExpr(items=items):
            return all(isinstance(item, tree.Number | tree.Bool) for item in items)
    return False
