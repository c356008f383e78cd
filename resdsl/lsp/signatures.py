"""What can be called, with its arguments in words; and the signature of the call that the cursor stands in."""

from __future__ import annotations

from functools import cache

from resdsl.elaborate.symbols import Kind, Symbol, predefined
from resdsl.lsp.documents import Snapshot, Workspace
from resdsl.lsp.place import open_call
from resdsl.lsp.wording import FUNCTIONS
from resdsl.ops import describing
from resdsl.ops.describing import arguments_of
from resdsl.ops.init import INITS
from resdsl.ops.registry import operator, operator_names
from resdsl.records import Record
from resdsl.syntax import tree


class Argument(Record):
    """A parameter: how it is written in a signature, and what it takes."""

    name: str
    text: str
    type: str = ""
    words: tuple[str, ...] = ()
    """The bare words that it takes, if it takes those."""
    default: str | None = None


class Signature(Record):
    """Something that can be called."""

    name: str
    arguments: tuple[Argument, ...]
    doc: str
    kind: Kind

    @property
    def label(self) -> str:
        if not self.arguments and self.kind is not Kind.FUNCTION:
            return self.name
        return f"{self.name}({', '.join(argument.text for argument in self.arguments)})"


class ActiveSignature(Record):
    signature: Signature
    active: int | None
    """The argument that the cursor stands in; `None` if there is none of that place or name."""


def signature_of(symbol: Symbol, snapshot: Snapshot) -> Signature | None:
    """The signature of a definition of `snapshot`, or of what is predefined; `None` for what takes no arguments."""
    name = symbol.name
    if symbol.kind is Kind.OPERATOR:
        cls = operator(name)
        return Signature(name, _described(arguments_of(cls)), " ".join((cls.__doc__ or "").split()), symbol.kind)
    if symbol.kind is Kind.INITIALISER:
        doc = f"Initialiser: {INITS[name].title}."
        return Signature(name, _described(arguments_of(INITS[name])), doc, symbol.kind)
    if symbol.kind is Kind.BUILTIN:
        text, doc = FUNCTIONS[name]
        inner = text.partition("(")[2].removesuffix(")")
        return Signature(name, tuple(_written(part) for part in inner.split(", ")), doc, symbol.kind)
    if isinstance(symbol.node, tree.Block | tree.Model):
        return Signature(name, parameters(symbol.node.params), comment_above(symbol, snapshot), symbol.kind)
    if isinstance(symbol.node, tree.Let) and symbol.node.params is not None:
        return Signature(name, parameters(symbol.node.params), comment_above(symbol, snapshot), symbol.kind)
    return None


def _described(arguments: tuple[describing.Argument, ...]) -> tuple[Argument, ...]:
    return tuple(Argument(a.name, str(a), a.type, a.words, a.default) for a in arguments)


def _written(part: str) -> Argument:
    return Argument(part.partition("=")[0], part, default=part.partition("=")[2] or None)


def parameters(params: tuple[tree.Param, ...]) -> tuple[Argument, ...]:
    """The parameters of a block, model or function as they are written."""
    found = []
    for param in params:
        default = " ".join(param.default.span.text.split()) if param.default is not None else None
        text = param.name.name if default is None else f"{param.name.name} = {default}"
        found.append(Argument(param.name.name, text, default=default))
    return tuple(found)


def comment_above(symbol: Symbol, snapshot: Snapshot) -> str:
    """The comment right above a definition, or that on the line where it begins."""
    if symbol.node is None or symbol.node.span.source is not snapshot.source:
        return ""
    line = symbol.node.span.line
    comments = {comment.span.line: comment for comment in snapshot.file.comments}
    lines: list[str] = []
    above = line - 1
    while above in comments and comments[above].span.column == 1:
        lines.insert(0, comments[above].text)
        above -= 1
    if not lines and line in comments:
        lines = [comments[line].text]
    return "\n".join(lines)


def resolve(name: str, workspace: Workspace, snapshot: Snapshot) -> tuple[Symbol, Snapshot] | None:
    """What a name that is called stands for, as far as the file and the predefined names tell."""
    symbol = snapshot.index.top.get(name) or predefined().get(name)
    if symbol is None:
        return None
    return workspace.called(symbol, snapshot)


def signature_help(workspace: Workspace, snapshot: Snapshot, offset: int) -> ActiveSignature | None:
    """The signature of the call whose brackets are open at an offset."""
    call = open_call(snapshot, offset)
    if call is None:
        return None
    found = resolve(call.name.text, workspace, snapshot)
    signature = signature_of(*found) if found else None
    if signature is None:
        return None
    names = [argument.name for argument in signature.arguments]
    if call.argument is not None:
        active = names.index(call.argument) if call.argument in names else None
    else:
        free = [at for at, name in enumerate(names) if name not in call.given]
        active = free[call.positional] if call.positional < len(free) else None
    return ActiveSignature(signature, active)


@cache
def warm_up() -> None:
    """Reads beforehand what the first keystroke would otherwise wait for: operators, and their arguments in words."""
    for name in operator_names():
        arguments_of(operator(name))
    for init in INITS.values():
        arguments_of(init)
