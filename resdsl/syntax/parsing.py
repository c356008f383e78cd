"""The parser: Lark's LALR machine, fed token by token, and the recovery that finds every fault in one run.

A fault costs its statement: the machine goes back to where the statement began, shifts `_FAULT` in its place, and
goes on at the statement's end. Statements end at newlines, so that one fault is one report.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from lark.exceptions import UnexpectedToken
from lark.grammar import Rule
from lark.lexer import Token
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from resdsl.diagnostics import Label, Report
from resdsl.limits import DEFAULT, Deadline, Limits
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.building import Builder
from resdsl.syntax.characters import check_characters
from resdsl.syntax.grammar import grammar
from resdsl.syntax.messages import explain
from resdsl.syntax.pieces import Piece
from resdsl.syntax.tokens import ITEM_TYPES, filter_tokens

_TURNS = 1_024
"""How often the parser looks at the clock: once in so many tokens."""

_STATEMENT_END = frozenset({"_NL", "RBRACE", "$END"})


def parse(source: Source, report: Report, *, limits: Limits = DEFAULT, deadline: Deadline | None = None) -> tree.File:
    """The tree of a text: what parsed; every fault goes into the report."""
    raw = grammar().lex(source.text, 0, len(source.text), limits.items)
    comments = tuple(_comment(source, token) for token in raw if token.type == "COMMENT")
    builder = _builder(source, report, limits)
    if len(raw) > limits.items:
        help_ = "--max-items raises the limit"
        builder.complain("E021", f"the file has more than {limits.items:,} words", builder.span(raw[-1]), help=help_)
        return tree.File(source, (), comments, frozenset())
    check_characters(source, report, raw)
    tokens = filter_tokens([token for token in raw if token.type != "COMMENT"])
    items = _Machine(builder, tokens, "start", deadline or Deadline(limits)).run()
    partial = () if builder.out_of_step else tuple(builder.partial)
    names, unread = frozenset(builder.faulty_names), frozenset(builder.unread)
    return tree.File(source, items or (), comments, names, partial, unread)


def parse_expression(source: Source, report: Report, *, limits: Limits = DEFAULT) -> tree.Expr | None:
    """The expression that a whole text is, or `None` and a fault in the report."""
    check_characters(source, report, ())
    return _parse_range(_builder(source, report, limits), 0, len(source.text))


def _builder(source: Source, report: Report, limits: Limits) -> Builder:
    builder = Builder(source, report, limits)
    builder.parse_inner = partial(_parse_range, builder)
    return builder


def _parse_range(builder: Builder, start: int, end: int) -> tree.Expr | None:
    raw = grammar().lex(builder.source.text, start, end, builder.limits.items)
    tokens = [t for t in raw if t.type != "COMMENT"]
    if not tokens:
        builder.complain("E010", "expected a value, found nothing", Span(builder.source, start, end))
        return None
    before = builder.last_fault
    builder.last_fault = -1
    value: tree.Expr | None = _Machine(builder, filter_tokens(tokens), "expression").run()
    faulty = builder.last_fault >= 0
    builder.last_fault = max(before, builder.last_fault)
    return None if faulty else value


def _comment(source: Source, token: Token) -> tree.Comment:
    text = str(token)[1:]
    return tree.Comment(Span(source, token.start_pos or 0, token.end_pos or 0), text.removeprefix(" ").rstrip())


class _Machine:
    """One run over the tokens of a text."""

    def __init__(self, builder: Builder, tokens: list[Token], start: str, deadline: Deadline | None = None) -> None:
        self.builder = builder
        self.source = builder.source
        last = tokens[-1].end_pos if tokens else 0
        end = "the end of the file" if start == "start" else "the end of the expression"
        self.tokens = [*tokens, Token("$END", end, last, end_pos=last)]
        self.start = start
        self.deadline = deadline
        table = grammar().table
        # Lark's types say names; what its machine looks up in the callbacks is a rule.
        conf: ParseConf[int] = ParseConf(table, builder.callbacks, start)  # type: ignore[arg-type]
        self.states: dict[int, dict[str, Any]] = table.states
        lexer: Any = None  # the machine is fed, it never asks for tokens
        self.parser: ParserState[int] = ParserState(conf, lexer)
        self.doubt = False
        """Braces are out of step since a fault: what looks like junk at file level is silent until the next item."""
        self._balance: dict[int, int] | None = None
        self._even: bool | None = None
        self._unread_from = 0

    def run(self) -> Any:
        """The value of the start rule, or `None` when an expression did not parse."""
        at = turn = 0
        first: int | None = None
        while True:
            token = self.tokens[at]
            turn += 1
            if turn % _TURNS == 0 and self.deadline is not None and self.deadline.passed:
                self._give_up(token)
                return None
            last = token.type == "$END"
            try:
                result = self.parser.feed_token(token, last)
            except UnexpectedToken:
                if self.start == "expression":
                    self._report(at)
                    return None
                first = at if first is None else first
                at = self._recover(at)
                continue
            if last:
                if first is not None and self.builder.last_fault < 0:
                    self._report(first)  # no text that does not parse is without a fault
                return result.value
            if token.type in ITEM_TYPES:
                self.doubt = False
            at += 1

    def _give_up(self, token: Token) -> None:
        message = f"reading the file takes longer than {self.builder.limits.seconds:g} seconds"
        help_ = "--max-seconds raises the limit"
        self.builder.complain("E220", message, self.builder.span(token), help=help_)

    # --- what the stack says ---------------------------------------------------------------------

    def _row(self) -> dict[str, Any]:
        return self.states[self.parser.state_stack[-1]]

    def _open_brace(self) -> Token | None:
        values = reversed(self.parser.value_stack)
        return next((v for v in values if isinstance(v, Token) and v.type == "LBRACE"), None)

    def accepts(self) -> set[str]:
        """The kinds of tokens that would really be taken next."""
        return {kind for kind in self._row() if kind.isupper() and self._takes(kind)}

    def _takes(self, kind: str) -> bool:
        stack = list(self.parser.state_stack)
        while True:
            action = self.states[stack[-1]].get(kind)
            if action is None:
                return False
            if not isinstance(action[1], Rule):
                return True
            size = len(action[1].expansion)
            if size:
                del stack[-size:]
            following = self.states[stack[-1]][action[1].origin.name]
            stack.append(following[1])
            if kind == "$END" and stack[-1] in self.parser.parse_conf.parse_table.end_states.values():
                return True

    # --- faults ----------------------------------------------------------------------------------

    def _report(self, at: int) -> None:
        explain(self.builder, self.tokens, at, self.accepts(), self.parser.value_stack)

    def _recover(self, at: int) -> int:
        """Report the fault at `tokens[at]`, mend the stack; the place to go on from."""
        token = self.tokens[at]
        inside = self._open_brace()
        if token.type == "RBRACE" and inside is None:
            return self._stray_brace(at)
        if inside is not None and token.type in ITEM_TYPES and self._nested(at):
            self._report_nested(at)
            return self._abandon(at)
        if inside is not None and (token.type == "$END" or (token.type in ITEM_TYPES and self._begins_line(at))):
            return self._missing_close(at, inside)
        if self._lacks_open(at):
            return self._missing_open(at)
        if not self._after_fault() and not (inside is None and self._is_junk(at)):
            self._report(at)
        return self._abandon(at)

    def _nested(self, at: int) -> bool:
        """Whether a definition really stands within another: every brace has its counterpart, and it is indented."""
        if self._even is None:
            kinds = [token.type for token in self.tokens]
            self._even = kinds.count("LBRACE") == kinds.count("RBRACE")
        return self._even and self._begins_line(at) and self.source.position(self.tokens[at].start_pos or 0)[1] > 1

    def _report_nested(self, at: int) -> None:
        word, name = self.tokens[at], self.tokens[at + 1]
        if word.type == "USE":
            message, help_ = "`use` stands within a definition", "imports stand at the top of the file"
        else:
            called = f" {name}" if name.type == "NAME" else ""
            message = f"`{word}{called}` is defined within another definition"
            help_ = "blocks and models are defined at the top level of the file: move it out of the braces"
            self.builder.faulty_names.add(str(name))
        self.builder.complain("E415", message, self.builder.span(word).to(self.builder.span(name)), help=help_)

    def _after_fault(self) -> bool:
        """Whether the statement was faulty already: a body of it was read, something follows."""
        values = self.parser.value_stack
        last = values[-1] if values else None
        if isinstance(last, list):  # what follows a fault, or items of brackets
            return len(values) > 1 and isinstance(values[-2], Token) and values[-2].type == "_FAULT"
        if isinstance(last, Token):
            return last.type == "_FAULT"
        return isinstance(last, Piece) and last.rule == "body" and self._takes("_FAULT")

    def _is_junk(self, at: int) -> bool:
        first = self._first_of_statement(at)
        return self.doubt and self.source.position(first.start_pos or 0)[1] > 1

    def _first_of_statement(self, at: int) -> Token:
        while at > 0 and self.tokens[at - 1].type != "_NL":
            at -= 1
        return self.tokens[at]

    def _begins_line(self, at: int) -> bool:
        return at == 0 or self.tokens[at - 1].type == "_NL" or self._on_new_line(at - 1)

    def _on_new_line(self, at: int) -> bool:
        """Whether a newline stands between a token and the next."""
        return "\n" in self.source.text[self.tokens[at].end_pos : self.tokens[at + 1].start_pos]

    def _stray_brace(self, at: int) -> int:
        token = self.tokens[at]
        self.builder.out_of_step = True
        if not self.doubt:
            span = Span(self.source, token.start_pos or 0, token.end_pos or 0)
            self.builder.complain("E014", "`}` without a `{`", span, help="drop it, or add the `{` that it closes")
            self.doubt = True
        values = self.parser.value_stack
        if values and not (isinstance(values[-1], Token) and values[-1].type == "_NL"):
            return at + 1
        return self._abandon(at + 1) if self.tokens[at + 1].type not in {"_NL", "$END"} else at + 1

    def _missing_close(self, at: int, inside: Token) -> int:
        span = Span(self.source, inside.start_pos or 0, inside.end_pos or 0)
        self.builder.out_of_step = True
        if not self.doubt:
            token = self.tokens[at]
            found = "the file ends" if token.type == "$END" else f"`{token}` begins a new definition"
            place = Label(Span(self.source, token.start_pos or 0, token.end_pos or 0), f"{found} here")
            self.builder.complain("E013", "`{` is never closed", span, secondary=(place,), help="add a `}`")
        self.doubt = False
        self._pop(file_level=True, at=at)
        self._feed_fault(at)
        if self.tokens[at].type != "$END":
            self.parser.feed_token(Token("_NL", "", self.tokens[at].start_pos, end_pos=self.tokens[at].start_pos))
        return at

    def _lacks_open(self, at: int) -> bool:
        """Whether a body was due at the end of a line (or at a `:` before it), and its `}` is there."""
        token = self.tokens[at]
        ends = token.type == "_NL" or (token.type == "COLON" and self.tokens[at + 1].type == "_NL")
        if not ends or not self._takes("LBRACE") or self._takes("NAME"):
            return False
        return self.tokens[at + 1].type == "LBRACE" or (not self.doubt and self._segment_balance(at) < 0)

    def _missing_open(self, at: int) -> int:
        self.builder.out_of_step = True
        self._report(at)
        if self.tokens[at + 1].type == "LBRACE":
            return at + 1
        at += self.tokens[at].type == "COLON"
        here = self.tokens[at].start_pos
        self.parser.feed_token(Token("LBRACE", "{", here, end_pos=here))
        if self._balance is not None:
            for place in self._segment(at):
                self._balance[place] += 1
        return at + 1

    def _segment(self, at: int) -> range:
        """The tokens of the definition around a place, as far as the words that begin definitions tell."""
        first, last = at, at + 1
        while first > 0 and not (self.tokens[first].type in ITEM_TYPES and self._begins_line(first)):
            first -= 1
        while last < len(self.tokens) and not (self.tokens[last].type in ITEM_TYPES and self._begins_line(last)):
            last += 1
        return range(first, last)

    def _segment_balance(self, at: int) -> int:
        """Braces opened less braces closed in the definition around a place; worked out once for each."""
        if self._balance is None:
            self._balance = {}
        if at not in self._balance:
            places = self._segment(at)
            kinds = [self.tokens[place].type for place in places]
            total = kinds.count("LBRACE") - kinds.count("RBRACE")
            self._balance.update(dict.fromkeys(places, total))
        return self._balance[at]

    # --- going on --------------------------------------------------------------------------------

    def _abandon(self, at: int) -> int:
        """Give up the statement around a place; the place of its end, or of a body worth reading."""
        holes = self._pop(file_level=False, at=at)
        depth = 0
        if self._open_brace() is None:
            self.doubt = True
        place = at
        while self.tokens[place].type != "$END":
            kind = self.tokens[place].type
            if kind == "LBRACE":
                if self._on_new_line(place) and depth == 0:
                    break
                depth += 1
            elif kind == "RBRACE":
                if depth == 0 and (holes <= 0 or self._on_new_line(place - 1)):
                    break
                depth, holes = (depth - 1, holes) if depth else (depth, holes - 1)
            elif kind == "_NL" and (depth == 0 or self.tokens[place + 1].type in ITEM_TYPES):
                break
            place += 1
        self.builder.leave_unread(self._unread_from, self.tokens[place].end_pos or 0)
        self._feed_fault(at)
        if self.tokens[place].type == "_NL" and self.tokens[place + 1].type == "RBRACE":
            place += 1  # there is one only behind an arrow
        if self.tokens[place].type == "RBRACE" and self._open_brace() is None:
            return place + 1
        return place

    def _feed_fault(self, at: int) -> None:
        token = self.tokens[at]
        self.parser.feed_token(Token("_FAULT", "", token.start_pos, end_pos=token.start_pos))

    def _pop(self, *, file_level: bool, at: int) -> int:
        """Back to where a statement (or with `file_level` a definition) may begin; how many braces were given up."""
        states, values = self.parser.state_stack, self.parser.value_stack
        popped: list[Any] = []
        closed = 0  # a `}` that is given up takes its `{` with it, or the body around would seem to be the inner one
        while closed > 0 or not self._takes("_FAULT") or (file_level and self._open_brace() is not None):
            states.pop()
            value = values.pop()
            popped.append(value)
            if isinstance(value, Token):
                closed += (value.type == "RBRACE") - (value.type == "LBRACE")
        starts = [value.start_pos for value in popped if isinstance(value, Token | Piece)]
        self._unread_from = min([self.tokens[at].start_pos or 0, *(start or 0 for start in starts)])
        if self._open_brace() is None:
            self._note_names([v for v in reversed(popped) if isinstance(v, Token)], at)
        kinds = [value.type for value in popped if isinstance(value, Token)]
        return kinds.count("LBRACE") - kinds.count("RBRACE")

    def _note_names(self, head: list[Token], at: int) -> None:
        """The names that a definition would have defined, from its words."""
        words = list(head)
        while self.tokens[at].type not in _STATEMENT_END | {"LBRACE"} and len(words) < 1_000:
            words.append(self.tokens[at])
            at += 1
        if not words:
            return
        names = words[1:] if words[0].type == "USE" else words[1:2]
        self.builder.faulty_names.update(str(word) for word in names if word.type == "NAME")
