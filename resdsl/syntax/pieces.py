"""What lies on the parser's stack between tokens and tree, and how a reduction finds its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark.lexer import Token

from resdsl.diagnostics import InternalError


@dataclass(slots=True)
class Piece:
    """What a rule was reduced to: a node of the tree (or a part of one), where it stands, how deep it is."""

    value: Any
    start_pos: int
    end_pos: int
    depth: int
    rule: str


Kid = Piece | Token


def kid_type(kid: Kid) -> str:
    return kid.type if isinstance(kid, Token) else kid.rule


def flatten(kids: list[Any]) -> list[Any]:
    """The parts of a reduction in one list. A list that comes first is added to, or long sequences were quadratic."""
    out: list[Any] = kids[0] if kids and type(kids[0]) is list else kids[:1]
    for kid in kids[1:]:
        if type(kid) is list:
            out.extend(kid)
        else:
            out.append(kid)
    return out


def first(kids: list[Any]) -> Any:
    return kids[0]


def token_of(kid: Kid) -> Token:
    if isinstance(kid, Token):
        return kid
    raise InternalError(f"a token was due, not {kid.rule}")


def piece(kids: list[Kid], at: int | None = None) -> Piece:
    """The piece at `at`, or the first piece of all."""
    kid = next(k for k in kids if isinstance(k, Piece)) if at is None else kids[at]
    if isinstance(kid, Piece):
        return kid
    raise InternalError(f"a piece was due, not {kid.type}")


def pieces(kids: list[Kid], rule: str) -> list[Piece]:
    return [kid for kid in kids if isinstance(kid, Piece) and kid.rule == rule]


_NEEDED = object()


def value_of(kids: list[Kid], rule: str, missing: Any = _NEEDED) -> Any:
    """The value of the first piece of a rule."""
    for kid in kids:
        if isinstance(kid, Piece) and kid.rule == rule:
            return kid.value
    if missing is _NEEDED:
        raise InternalError(f"no {rule} here")
    return missing


def only_piece(kids: list[Kid]) -> Any:
    """The only expression among tokens, if there is one."""
    return next((kid.value for kid in kids if isinstance(kid, Piece)), None)
