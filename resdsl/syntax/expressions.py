"""The parser's reductions of expressions."""

from __future__ import annotations

from lark.lexer import Token

from resdsl.diagnostics import Report
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.syntax import literals, tree
from resdsl.syntax.faults import Faults
from resdsl.syntax.literals import ParseInner
from resdsl.syntax.pieces import Kid, Piece, kid_type, piece, pieces, token_of


class Expressions(Faults):
    """The reductions of expressions, by the names that the grammar has for them."""

    def __init__(self, source: Source, report: Report, limits: Limits) -> None:
        super().__init__(source, report, limits)
        self.parse_inner: ParseInner = lambda _start, _end: None
        """Parses the text of a hole; whoever parses a text sets it."""

    def ident(self, token: Kid) -> tree.Ident:
        return tree.Ident(self.span(token), str(token_of(token)))

    def on_args(self, kids: list[Kid], _span: Span) -> tuple[tree.Arg, ...]:
        return tuple(kid.value for kid in pieces(kids, "arg"))

    def on_arg(self, kids: list[Kid], span: Span) -> tree.Arg:
        name = self.ident(kids[0]) if isinstance(kids[0], Token) else None
        values = [kid.value for kid in kids if isinstance(kid, Piece)]
        return tree.Arg(span, name, values[0], values[1] if len(values) > 1 else None)

    def on_choose(self, kids: list[Kid], span: Span) -> tree.Choose:
        return tree.Choose(span, piece(kids, 0).value, piece(kids, 2).value, piece(kids, 4).value)

    def on_binary(self, kids: list[Kid], span: Span) -> tree.Binary:
        return tree.Binary(span, str(token_of(kids[1])), piece(kids, 0).value, piece(kids, 2).value)

    on_either = on_both = on_test = on_sum = on_product = on_power = on_product_count = on_binary

    def on_sign(self, kids: list[Kid], span: Span) -> tree.Unary:
        return tree.Unary(span, str(token_of(kids[0])), piece(kids, 1).value)

    on_negation = on_sign

    def on_number(self, kids: list[Kid], _span: Span) -> tree.Number:
        return literals.number(self, kids[0])

    def on_size(self, kids: list[Kid], _span: Span) -> tree.SizeLit:
        return literals.size(self, kids[0])

    def on_text(self, kids: list[Kid], _span: Span) -> tree.Text:
        return literals.text(self, kids[0], self.parse_inner)

    def on_boolean(self, kids: list[Kid], span: Span) -> tree.Bool:
        return tree.Bool(span, kid_type(kids[0]) == "TRUE")

    def on_var(self, kids: list[Kid], span: Span) -> tree.Name:
        return tree.Name(span, str(token_of(kids[0])))

    def on_apply(self, kids: list[Kid], span: Span) -> tree.Apply:
        return tree.Apply(span, piece(kids, 0).value, piece(kids, 1).value)

    def on_item(self, kids: list[Kid], span: Span) -> tree.Item:
        return tree.Item(span, piece(kids, 0).value, piece(kids, 2).value)

    def on_field(self, kids: list[Kid], span: Span) -> tree.Field:
        return tree.Field(span, piece(kids, 0).value, self.ident(kids[2]))

    def on_list(self, kids: list[Kid], span: Span) -> tree.ListExpr:
        return tree.ListExpr(span, tuple(kid.value for kid in kids if isinstance(kid, Piece)))

    def on_parens(self, kids: list[Kid], _span: Span) -> tree.Expr:
        value: tree.Expr = piece(kids, 1).value
        return value
