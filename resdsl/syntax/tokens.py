"""The filter between Lark's lexer and its parser: which words are names, which newlines end a statement.

It decides what a grammar should not (docs/language.md, "Reading it"), each from a few neighbouring tokens, so that the
whole stays linear.
"""

from __future__ import annotations

from lark.lexer import Token

from resdsl.syntax.keywords import KEYWORDS, STATEMENT_WORDS

KEYWORD_TYPES = frozenset(word.upper() for word in KEYWORDS)
STATEMENT_TYPES = frozenset(word.upper() for word in STATEMENT_WORDS)
ITEM_TYPES = frozenset({"BLOCK", "MODEL", "USE"})

_NAME_FOLLOWS = frozenset({"STAGE", "REGION", "AUX", "SHARED", "KEEP", "FROM", "OUTPUT", "EXPECT"})
_CONTINUES = frozenset({"ARROW", "ELSE", "SHORTCUT", "GATE", "CARRY"})
_COUNT_ENDS = frozenset({"NUMBER", "NAME", "RPAR", "RSQB"})
_UNIT_BEGINS = (STATEMENT_TYPES | {"NAME", "NUMBER", "LPAR", "LBRACE"}) - {"LET"}
_OPERAND_ENDS = frozenset({"NUMBER", "NAME", "SIZE", "STRING", "TRUE", "FALSE", "RPAR", "RSQB"})
_OPERAND_BEGINS = frozenset({"NUMBER", "NAME", "SIZE", "STRING", "TRUE", "FALSE"})
_GIVES_UP = (STATEMENT_TYPES | {"BLOCK", "MODEL", "USE"}) - {"IF", "FOR"}
_ENDS_BRACKETS = frozenset({"ARROW", "VBAR", "RBRACE"})
_OPENS = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSES = {"RPAR": "LPAR", "RSQB": "LSQB"}
_HOLE_LOOKAHEAD = 32


def retype(token: Token, kind: str) -> Token:
    """The same text at the same place as a token of another kind."""
    return Token(kind, token.value, token.start_pos, end_pos=token.end_pos)


def filter_tokens(raw: list[Token]) -> list[Token]:
    """The tokens that the parser is fed; comments are already gone."""
    return _newlines(_words(raw))


def _words(raw: list[Token]) -> list[Token]:
    """Keywords that can only be names become names, `x` between a count and a step becomes the repeat operator."""
    out: list[Token] = []
    listing = False
    aux_depth = 0
    for at, token in enumerate(raw):
        kind = token.type
        before = out[-1].type if out else ""
        following = raw[at + 1].type if at + 1 < len(raw) else ""
        if kind in KEYWORD_TYPES and (
            before in _NAME_FOLLOWS or (listing and before == "COMMA") or _is_label(raw, at, following)
        ):
            out.append(retype(token, "NAME"))
        elif (
            kind == "NAME"
            and token.value == "x"
            and before in _COUNT_ENDS
            and following in _UNIT_BEGINS
            and not (aux_depth == -1 and before == "RPAR" and _touches(raw, at))
        ):
            out.append(retype(token, "_X"))
        elif kind in {"NAME", "NUMBER"} and before == "RBRACE" and _touches(raw, at - 1):
            out.append(retype(token, "TAIL"))
        else:
            out.append(token)
        listing = kind in {"KEEP", "OUTPUT"} or (listing and kind in {"NAME", "COMMA"} | KEYWORD_TYPES)
        aux_depth = _aux_depth(aux_depth, kind, before)
    return out


def _aux_depth(depth: int, kind: str, before: str) -> int:
    """Depth within the brackets of `aux (...)`; -1 right behind them, 0 elsewhere."""
    if kind == "LPAR":
        return depth + 1 if depth > 0 or before == "AUX" else 0
    if kind == "RPAR" and depth > 0:
        return depth - 1 or -1
    return max(depth, 0)


def _touches(raw: list[Token], at: int) -> bool:
    """Whether no blank stands between a token and the next."""
    return at + 1 < len(raw) and raw[at].end_pos == raw[at + 1].start_pos


def _is_label(raw: list[Token], at: int, following: str) -> bool:
    """Whether a keyword is a label: before `:`, before `[]:`, or before a hole that ends in `:`."""
    if following == "COLON":
        return at + 2 < len(raw) and raw[at + 2].type != "_NL"
    if following == "LSQB":
        return [t.type for t in raw[at + 2 : at + 4]] == ["RSQB", "COLON"]
    if following != "LBRACE" or not _touches(raw, at):
        return False
    for place in range(at + 2, min(at + 2 + _HOLE_LOOKAHEAD, len(raw) - 1)):
        if raw[place].type in {"_NL", "ARROW", "LBRACE"}:
            return False
        if raw[place].type == "RBRACE":
            behind = place + 2 if raw[place + 1].type in {"NAME", "NUMBER"} and _touches(raw, place) else place + 1
            return behind < len(raw) and raw[behind].type == "COLON"
    return False


def _newlines(tokens: list[Token]) -> list[Token]:
    """Keep the newlines that may end a statement; give up brackets that cannot be closed any more."""
    out: list[Token] = []
    stack: list[str] = []
    for at, token in enumerate(tokens):
        kind = token.type
        if kind in {"_NL", "_SEMI"}:
            in_brackets = kind == "_NL" and bool(stack) and stack[-1] != "LBRACE"
            if in_brackets and not _gives_up(tokens, at):
                continue
            _leave_brackets(stack)
            if _ends_statement(out, tokens, at):
                out.append(retype(token, "_NL"))
            continue
        if kind == "VBAR" and out and out[-1].type not in {"LBRACE", "_NL"}:
            out.append(Token("_NL", "", token.start_pos, end_pos=token.start_pos))
        out.append(token)
        if kind == "UNCLOSED" and token.value.rstrip().endswith("{"):
            out.append(Token("LBRACE", "{", token.end_pos, end_pos=token.end_pos))
            stack.append("LBRACE")
        _track(stack, kind)
    return out


def _track(stack: list[str], kind: str) -> None:
    """Follow what is open; an arrow, a bar and a closing brace cannot stand in brackets."""
    if kind in _OPENS:
        stack.append(kind)
    elif kind in _ENDS_BRACKETS:
        _leave_brackets(stack)
        if kind == "RBRACE" and stack:
            stack.pop()
    elif stack and stack[-1] == _CLOSES.get(kind):
        stack.pop()


def _leave_brackets(stack: list[str]) -> None:
    while stack and stack[-1] != "LBRACE":
        stack.pop()


def _gives_up(tokens: list[Token], at: int) -> bool:
    """Whether the line behind a newline in brackets begins something that cannot stand in brackets."""
    if at + 1 >= len(tokens):
        return True
    following = tokens[at + 1].type
    before = tokens[at - 1].type if at else ""
    return following in _GIVES_UP or (following in _OPERAND_BEGINS and before in _OPERAND_ENDS)


def _ends_statement(out: list[Token], tokens: list[Token], at: int) -> bool:
    if not out or out[-1].type in {"LBRACE", "VBAR", "_NL"}:
        return False
    rest = at + 1
    while rest < len(tokens) and tokens[rest].type in {"_NL", "_SEMI"}:
        rest += 1
    following = tokens[rest].type if rest < len(tokens) else "RBRACE"
    return out[-1].type == "ARROW" or following not in _CONTINUES | {"RBRACE"}
