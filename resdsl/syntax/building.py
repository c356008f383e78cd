"""From the parser's reductions to the tree, bottom up: no recursion, whatever the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lark.grammar import Rule
from lark.lexer import Token

from resdsl.diagnostics import Diagnostic, InternalError, Label, Report
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.syntax import tree


@dataclass(slots=True)
class Piece:
    """What a rule was reduced to: a node of the tree (or a part of one), where it stands, how deep it is."""

    value: Any
    start_pos: int
    end_pos: int
    depth: int
    rule: str


FAULTY = object()
"""Stands for what did not parse."""

_DEEPENS = frozenset({
    "body", "if_", "for_", "branch", "repeat", "stage", "region", "residual", "dense", "merge", "aux", "args", "choose",
    "either", "both", "negation", "test", "sum", "product", "sign", "power", "apply", "item", "field", "list", "parens",
    "product_count", "target", "hole",
})  # fmt: skip
_PLAIN_DIGITS = 9
"""Numbers so short are within every limit."""
_SUFFIXES = {"K": 10**3, "M": 10**6, "G": 10**9}

Kid = Piece | Token
ParseInner = Callable[[int, int], "tree.Expr | None"]


class Builder:
    """Holds what the reductions of one text share: the source, the report, what is faulty."""

    def __init__(self, source: Source, report: Report, limits: Limits, rules: Iterable[Rule]) -> None:
        self.source = source
        self.report = report
        self.limits = limits
        self.parse_inner: ParseInner = lambda _start, _end: None
        """Parses the text of a hole; whoever builds a `Builder` sets it."""
        self.last_fault = -1
        self.faulty_names: set[str] = set()
        self.callbacks = {rule: self._callback(rule) for rule in rules}
        """What Lark's parser calls at each reduction."""

    def complain(self, code: str, message: str, span: Span, **more: Any) -> None:
        """Report a fault; the item around it is faulty."""
        self.last_fault = max(self.last_fault, span.start)
        self.report.add(Diagnostic(code, message, Label(span), **more))

    def _callback(self, rule: Rule) -> Callable[[list[Any]], Any]:
        origin = str(rule.origin.name)
        if origin.startswith("__"):
            return _flatten
        if origin.startswith("_") or (origin == "expr"):
            return _first
        handler: Callable[[list[Kid], Span], Any] = getattr(self, f"on_{origin}")
        deepens = origin in _DEEPENS
        source, limit = self.source, self.limits.nesting

        def reduce(raw: list[Any]) -> Piece:
            kids = _flatten(raw)
            start, end = (kids[0].start_pos, kids[-1].end_pos) if kids else (0, 0)
            depth = 0
            for kid in kids:
                if type(kid) is Piece and kid.depth > depth:
                    depth = kid.depth
            depth += deepens
            value = handler(kids, Span(source, start, end))
            if depth > limit:
                self.complain("E007", f"nested more than {limit} deep", Span(self.source, start, start + 1))
                return Piece(value, start, end, -(10**9), origin)
            return Piece(value, start, end, depth, origin)

        return reduce

    # --- helpers ---------------------------------------------------------------------------------

    def ident(self, token: Kid) -> tree.Ident:
        return tree.Ident(self._span(token), str(_token(token)))

    def _span(self, kid: Kid) -> Span:
        return Span(self.source, kid.start_pos or 0, kid.end_pos or 0)

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
        return _piece(kids).value

    def on_fault(self, _kids: list[Kid], _span: Span) -> object:
        return FAULTY

    def on_use(self, kids: list[Kid], span: Span) -> Any:
        origin = _token(kids[1])
        names = tuple(self.ident(kid) for kid in kids[3:] if kid_type(kid) == "NAME")
        path = None
        if origin.type == "STRING":
            path = str(origin)[1:-1]
        elif origin != "std":
            help_ = "`use std: a, b` takes from the library, `use \"file.res\": a` from a file"
            self.complain("E010", f"expected `std` or a path in quotes, found `{origin}`", self._span(origin), help=help_)
        if self._faulty(span, *(name.name for name in names)):
            return FAULTY
        return tree.Use(span, path, self._span(origin), names)

    def on_block(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        numbered = False
        for index in _pieces(kids, "index"):
            numbered = True
            if index.value is not None:
                self.complain("E010", "expected `[]`: a block's brackets are empty", self._span(index))
        if self._faulty(span, name.name):
            return FAULTY
        return tree.Block(span, name, _value(kids, "params", ()), numbered, _value(kids, "body"))

    def on_model(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        if self._faulty(span, name.name):
            return FAULTY
        return tree.Model(span, name, _value(kids, "params", ()), _value(kids, "body"))

    def on_variant(self, kids: list[Kid], span: Span) -> Any:
        name = self.ident(kids[1])
        if self._faulty(span, name.name):
            return FAULTY
        return tree.Variant(span, name, _value(kids, "call"), _value(kids, "body", None))

    def on_file_let(self, kids: list[Kid], span: Span) -> Any:
        let: tree.Let = _piece(kids).value
        return FAULTY if self._faulty(span, let.name.name) else tree.FileLet(span, let)

    def on_params(self, kids: list[Kid], _span: Span) -> tuple[tree.Param, ...]:
        return tuple(kid.value for kid in _pieces(kids, "param"))

    def on_param(self, kids: list[Kid], span: Span) -> tree.Param:
        return tree.Param(span, self.ident(kids[0]), _expr(kids))

    # --- statements ------------------------------------------------------------------------------

    def on_body(self, kids: list[Kid], span: Span) -> tree.Body:
        return tree.Body(span, tuple(k.value for k in kids if isinstance(k, Piece) and k.value is not FAULTY))

    def on_let(self, kids: list[Kid], span: Span) -> tree.Let:
        value = _piece(kids, -1).value
        return tree.Let(span, self.ident(kids[1]), _value(kids, "params", None), value)

    def on_require(self, kids: list[Kid], span: Span) -> tree.Require:
        message = self.text(kids[3]) if len(kids) > 3 else None
        return tree.Require(span, _piece(kids).value, message)

    def on_default(self, kids: list[Kid], span: Span) -> tree.Default:
        return tree.Default(span, _value(kids, "call"))

    def on_input(self, kids: list[Kid], span: Span) -> tree.Input:
        name = self.ident(kids[1]) if len(kids) > 2 else None
        return tree.Input(span, name, _piece(kids).value)

    def on_output(self, kids: list[Kid], span: Span) -> tree.Output:
        return tree.Output(span, tuple(kid.value for kid in _pieces(kids, "ref")))

    def on_survival(self, kids: list[Kid], span: Span) -> tree.Survival:
        found: dict[str, tree.Ident] = {}
        for modifier in _pieces(kids, "modifier"):
            word, ident = modifier.value
            if word in found:
                self.complain("E022", f"`{word}` stands twice", self._span(modifier))
            found[word] = ident
            allowed = ("batch", "sample") if word == "per" else ("test", "train")
            if ident.name not in allowed:
                message = f"expected `{allowed[0]}` or `{allowed[1]}` after `{word}`, found `{ident.name}`"
                self.complain("E010", message, ident.span)
        return tree.Survival(span, _piece(kids).value, found.get("per"), found.get("rescale"))

    def on_modifier(self, kids: list[Kid], _span: Span) -> tuple[str, tree.Ident]:
        return str(_token(kids[0])), self.ident(kids[1])

    def on_expect(self, kids: list[Kid], span: Span) -> tree.Expect:
        last = kids[3]
        value = last.value if isinstance(last, Piece) else self.number(last)
        return tree.Expect(span, self.ident(kids[1]), str(_token(kids[2])), value)

    def on_if_(self, kids: list[Kid], span: Span) -> tree.If:
        otherwise = _piece(kids, 4).value if len(kids) > 3 else None
        return tree.If(span, _piece(kids, 1).value, _piece(kids, 2).value, otherwise)

    def on_for_(self, kids: list[Kid], span: Span) -> tree.For:
        targets = _pieces(kids, "target")
        parts = tuple(kid.value for kid in targets)
        target = parts[0]
        if len(parts) > 1:
            target = tree.Target(parts[0].span.to(parts[-1].span), None, parts)
        return tree.For(span, target, _piece(kids, -2).value, _piece(kids, -1).value)

    def on_target(self, kids: list[Kid], span: Span) -> tree.Target:
        if len(kids) == 1:
            return tree.Target(span, self.ident(kids[0]), ())
        return tree.Target(span, None, tuple(kid.value for kid in _pieces(kids, "target")))

    def on_shared(self, kids: list[Kid], span: Span) -> tree.Shared:
        return tree.Shared(span, self.ident(kids[1]), _piece(kids).value)

    def on_branch(self, kids: list[Kid], span: Span) -> tree.Flow:
        return tree.Flow(span, _piece(kids).value.steps, branch=True)

    def on_flow(self, kids: list[Kid], span: Span) -> tree.Flow:
        return tree.Flow(span, tuple(kid.value for kid in _pieces(kids, "step")))

    # --- steps and units -------------------------------------------------------------------------

    def on_step(self, kids: list[Kid], span: Span) -> tree.Step:
        return tree.Step(span, _value(kids, "label", None), _piece(kids, -1).value)

    def on_label(self, kids: list[Kid], span: Span) -> tree.Label:
        first = kids[0]
        index = kids[1] if isinstance(kids[1], Piece) else None
        if isinstance(first, Piece) and first.rule == "index":
            return tree.Label(span, None, first.value, numbered=index is not None, quoted=False)
        if index is not None and index.value is not None:
            self.complain("E010", "expected `[]`: brackets behind a name are empty", self._span(index))
        if isinstance(first, Piece):
            return tree.Label(span, first.value, None, numbered=index is not None, quoted=False)
        return tree.Label(span, self.text(first), None, numbered=index is not None, quoted=True)

    def on_name(self, kids: list[Kid], span: Span) -> tree.Text:
        parts: list[str | tree.Expr] = [str(_token(kids[0]))]
        for hole in _pieces(kids, "hole"):
            parts.extend(hole.value)
        for left, right in zip(kids, kids[1:], strict=False):
            if left.end_pos != right.start_pos:
                self.complain("E010", "expected no blank before `{` in a name", self._span(right))
                break
        return tree.Text(span, tuple(parts))

    def on_hole(self, kids: list[Kid], _span: Span) -> tuple[str | tree.Expr, ...]:
        if len(kids) == 3:
            return (_piece(kids).value,)
        return (_piece(kids).value, str(_token(kids[3])))

    def on_index(self, kids: list[Kid], _span: Span) -> Any:
        return _expr(kids)

    def on_call(self, kids: list[Kid], span: Span) -> tree.Call:
        return tree.Call(span, self.ident(kids[0]), _value(kids, "args", None))

    def on_repeat(self, kids: list[Kid], span: Span) -> tree.Repeat:
        return tree.Repeat(span, _piece(kids, 0).value, _piece(kids, 2).value)

    def on_stage(self, kids: list[Kid], span: Span) -> tree.Stage:
        return tree.Stage(span, _piece(kids, 1).value, _piece(kids, 2).value)

    def on_region(self, kids: list[Kid], span: Span) -> tree.Region:
        return tree.Region(span, _piece(kids, 1).value, _piece(kids, 3).value)

    def on_residual(self, kids: list[Kid], span: Span) -> tree.Residual:
        found: dict[str, Any] = {}
        for clause in _pieces(kids, "clause"):
            word, value = clause.value
            if word in found:
                first = Label(self._span(found[word]), "first here")
                self.complain("E022", f"`{word}` stands twice", self._span(clause), secondary=(first,))
            found.setdefault(word, clause)
        parts = {word: clause.value[1] for word, clause in found.items()}
        return tree.Residual(
            span,
            _value(kids, "body"),
            parts.get("shortcut"),
            parts.get("gate"),
            parts.get("carry"),
            parts.get("survival"),
        )

    def on_clause(self, kids: list[Kid], span: Span) -> tuple[str, Any]:
        first = kids[0]
        if isinstance(first, Piece):
            return "survival", first.value
        last = _piece(kids, -1).value
        if first.type != "SHORTCUT":
            return str(first), last
        return "shortcut", tree.Shortcut(span, _value(kids, "label", None), last)

    def on_dense(self, kids: list[Kid], span: Span) -> tree.Dense:
        return tree.Dense(span, _value(kids, "body"))

    def on_merge(self, kids: list[Kid], span: Span) -> tree.Merge:
        return tree.Merge(span, str(_token(kids[0])), _value(kids, "body"))

    def on_keep(self, kids: list[Kid], span: Span) -> tree.Keep:
        return tree.Keep(span, tuple(kid.value for kid in _pieces(kids, "name")))

    def on_from_(self, kids: list[Kid], span: Span) -> tree.From:
        return tree.From(span, _value(kids, "ref"))

    def on_ref(self, kids: list[Kid], span: Span) -> tree.Ref:
        for index in _pieces(kids, "index"):
            if index.value is None:
                self.complain("E010", "expected a number in `[ ]`", self._span(index))
        return tree.Ref(span, self.ident(kids[0]), _value(kids, "index", None))

    def on_aux(self, kids: list[Kid], span: Span) -> tree.Aux:
        weight = _piece(kids, 2).value if isinstance(kids[1], Token) else None
        return tree.Aux(span, weight, _value(kids, "label"), _piece(kids, -1).value)

    # --- expressions -----------------------------------------------------------------------------

    def on_args(self, kids: list[Kid], _span: Span) -> tuple[tree.Arg, ...]:
        return tuple(kid.value for kid in _pieces(kids, "arg"))

    def on_arg(self, kids: list[Kid], span: Span) -> tree.Arg:
        name = self.ident(kids[0]) if isinstance(kids[0], Token) else None
        values = [kid.value for kid in kids if isinstance(kid, Piece)]
        return tree.Arg(span, name, values[0], values[1] if len(values) > 1 else None)

    def on_choose(self, kids: list[Kid], span: Span) -> tree.Choose:
        return tree.Choose(span, _piece(kids, 0).value, _piece(kids, 2).value, _piece(kids, 4).value)

    def on_binary(self, kids: list[Kid], span: Span) -> tree.Binary:
        return tree.Binary(span, str(_token(kids[1])), _piece(kids, 0).value, _piece(kids, 2).value)

    on_either = on_both = on_test = on_sum = on_product = on_power = on_product_count = on_binary

    def on_sign(self, kids: list[Kid], span: Span) -> tree.Unary:
        return tree.Unary(span, str(_token(kids[0])), _piece(kids, 1).value)

    on_negation = on_sign

    def on_number(self, kids: list[Kid], _span: Span) -> tree.Number:
        return self.number(kids[0])

    def on_size(self, kids: list[Kid], span: Span) -> tree.SizeLit:
        values = str(_token(kids[0])).split("x")
        if max(map(len, values)) * 10 > self.limits.bits * 3:
            self.complain("E008", f"a number has more than {self.limits.bits} bits", span)
            return tree.SizeLit(span, tuple(1 for _ in values))
        return tree.SizeLit(span, tuple(int(value) for value in values))

    def on_text(self, kids: list[Kid], _span: Span) -> tree.Text:
        return self.text(kids[0])

    def on_boolean(self, kids: list[Kid], span: Span) -> tree.Bool:
        return tree.Bool(span, kid_type(kids[0]) == "TRUE")

    def on_var(self, kids: list[Kid], span: Span) -> tree.Name:
        return tree.Name(span, str(_token(kids[0])))

    def on_apply(self, kids: list[Kid], span: Span) -> tree.Apply:
        return tree.Apply(span, _piece(kids, 0).value, _piece(kids, 1).value)

    def on_item(self, kids: list[Kid], span: Span) -> tree.Item:
        return tree.Item(span, _piece(kids, 0).value, _piece(kids, 2).value)

    def on_field(self, kids: list[Kid], span: Span) -> tree.Field:
        return tree.Field(span, _piece(kids, 0).value, self.ident(kids[2]))

    def on_list(self, kids: list[Kid], span: Span) -> tree.ListExpr:
        return tree.ListExpr(span, tuple(kid.value for kid in kids if isinstance(kid, Piece)))

    def on_parens(self, kids: list[Kid], _span: Span) -> tree.Expr:
        value: tree.Expr = _piece(kids, 1).value
        return value

    # --- literals --------------------------------------------------------------------------------

    def number(self, kid: Kid) -> tree.Number:
        """An exact number; one beyond the limit of bits is a fault and counts as 1."""
        span = self._span(kid)
        text = str(_token(kid))
        if text.isdigit() and len(text) <= _PLAIN_DIGITS:
            return tree.Number(span, int(text), text)
        digits = text.replace("_", "")
        factor = _SUFFIXES.get(digits[-1], 1)
        mantissa, _, exponent = (digits[:-1] if factor > 1 else digits).lower().partition("e")
        if len(mantissa) * 10 > self.limits.bits * 3 or len(exponent) > 5 or abs(int(exponent or 0)) * 10 > self.limits.bits * 3:
            self.complain("E008", f"a number has more than {self.limits.bits} bits", span)
            return tree.Number(span, 1, text)
        value = Fraction(mantissa) * Fraction(10) ** int(exponent or 0) * factor
        return tree.Number(span, int(value) if value.denominator == 1 else value, text)

    def text(self, kid: Kid) -> tree.Text:
        """The pieces of a string, its holes parsed where they stand."""
        start, end = kid.start_pos or 0, kid.end_pos or 0
        whole = self.source.text
        parts: list[str | tree.Expr] = []
        literal: list[str] = []
        at = start + 1
        while at < end - 1:
            char = whole[at]
            if char not in "{}":
                literal.append(char)
                at += 1
            elif whole.startswith(char * 2, at, end - 1):
                literal.append(char)
                at += 2
            elif char == "}":
                self.complain("E019", "`}` stands alone in a string: write `}}`", Span(self.source, at, at + 1))
                at += 1
            else:
                close = whole.find("}", at, end - 1)
                if close < 0:
                    self.complain("E019", "`{` is not closed in this string", Span(self.source, at, at + 1), help="write `{{` for a brace")
                    break
                inner = self.parse_inner(at + 1, close)
                if inner is not None:
                    if literal:
                        parts.append("".join(literal))
                        literal.clear()
                    parts.append(inner)
                at = close + 1
        if literal:
            parts.append("".join(literal))
        return tree.Text(Span(self.source, start, end), tuple(parts))


def kid_type(kid: Kid) -> str:
    return kid.type if isinstance(kid, Token) else kid.rule


def _flatten(kids: list[Any]) -> list[Any]:
    out: list[Any] = []
    for kid in kids:
        if type(kid) is list:
            out.extend(kid)
        else:
            out.append(kid)
    return out


def _first(kids: list[Any]) -> Any:
    return kids[0]


def _token(kid: Kid) -> Token:
    if isinstance(kid, Token):
        return kid
    raise InternalError(f"a token was due, not {kid.rule}")


def _piece(kids: list[Kid], at: int | None = None) -> Piece:
    """The piece at `at`, or the first piece of all."""
    kid = next(k for k in kids if isinstance(k, Piece)) if at is None else kids[at]
    if isinstance(kid, Piece):
        return kid
    raise InternalError(f"a piece was due, not {kid.type}")


def _pieces(kids: list[Kid], rule: str) -> list[Piece]:
    return [kid for kid in kids if isinstance(kid, Piece) and kid.rule == rule]


_NEEDED = object()


def _value(kids: list[Kid], rule: str, missing: Any = _NEEDED) -> Any:
    """The value of the first piece of a rule."""
    for kid in kids:
        if isinstance(kid, Piece) and kid.rule == rule:
            return kid.value
    if missing is _NEEDED:
        raise InternalError(f"no {rule} here")
    return missing


def _expr(kids: list[Kid]) -> Any:
    """The only expression among tokens, if there is one."""
    return next((kid.value for kid in kids if isinstance(kid, Piece)), None)
