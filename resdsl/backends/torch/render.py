"""Modules, expressions and statements of one class as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from keyword import iskeyword

from resdsl.backends.torch.fitting import Fit
from resdsl.backends.torch.folding import Piece, fold_named, fold_plain
from resdsl.backends.torch.ir import (
    ArgSlot,
    Assign,
    ChainModule,
    ClassModule,
    Expr,
    If,
    IfMember,
    LayerModule,
    MemberCall,
    MemberValue,
    Module,
    ParameterModule,
    Return,
    Slot,
    Statement,
    Template,
    Var,
)
from resdsl.backends.torch.layout import fit as fit_line
from resdsl.ops.base import Literal, Unset
from resdsl.ops.init import Init

LayerKey = tuple[str, tuple[tuple[str, Init], ...], bool]
"""Target, initialisation, and whether PyTorch's own runs first."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A generated class as its users write it: its name, and its parameters with their defaults."""

    name: str
    defaults: tuple[tuple[str, Literal], ...]
    named: frozenset[str]
    """Parameters that are written with their names even without a default."""


def literal(value: Literal) -> str:
    """A value as Python writes it; exact rationals become floats here and nowhere else."""
    if isinstance(value, Fraction):
        text = repr(float(value))
        return (
            text if Fraction(text) == value or value.denominator > 10**6 else f"{value.numerator} / {value.denominator}"
        )
    if isinstance(value, tuple):
        inside = ", ".join(literal(v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def attribute(name: str) -> bool:
    """Whether a name can be written after a dot."""
    return name.isidentifier() and not iskeyword(name)


class Renderer:
    """Writes one class. `callees` are the generated classes by id, `layers` names layers that initialise themselves."""

    def __init__(self, fit: Fit, callees: dict[int, Callee], layers: dict[LayerKey, str]) -> None:
        self.fit = fit
        self.callees = callees
        self.layers = layers
        self.lists: set[str] = set()
        """Members that are lists: their items are called by index."""
        self.indexed = False
        """Whether the class is itself an `nn.Sequential`."""

    # --- slots -------------------------------------------------------------------------------------

    def slot(self, slot: Slot) -> str:
        return self.fit.texts[slot] if slot in self.fit.texts else literal(self.fit.literals[slot])

    def arguments(self, args: tuple[ArgSlot, ...]) -> list[Piece]:
        """Arguments of a constructor: what equals its default is left out, `stride=stride` is written `stride`."""
        pieces = []
        in_order = True
        for arg in args:
            fixed = self.fit.literals.get(arg.slot, Unset.UNSET)
            if arg.default is not Unset.UNSET and fixed is not Unset.UNSET and fixed == arg.default:
                in_order = False
                continue
            text = self.slot(arg.slot)
            in_order = in_order and (arg.positional or text == arg.name)
            pieces.append(Piece("" if in_order else f"{arg.name}=", text, fixed))
        return pieces

    # --- modules -----------------------------------------------------------------------------------

    def pieces(self, module: Module) -> tuple[str, list[Piece]]:
        """Callee and arguments."""
        if isinstance(module, LayerModule):
            key = (module.target, module.init, module.keeps_default)
            return self.layers.get(key, module.target), self.arguments(module.args)
        assert isinstance(module, ClassModule)
        callee = self.callees[module.class_id]
        defaults = dict(callee.defaults)
        pieces = []
        for name, slot in module.args:
            fixed = self.fit.literals.get(slot, Unset.UNSET)
            if name not in defaults:
                pieces.append(Piece(f"{name}=" if name in callee.named else "", self.slot(slot), fixed))
            elif fixed is Unset.UNSET or fixed != defaults[name]:
                pieces.append(Piece(f"{name}=", self.slot(slot), fixed))
        return callee.name, pieces

    def module(self, module: Module) -> str:
        if isinstance(module, ChainModule):
            return f"nn.Sequential({self.chain(module)})"
        if isinstance(module, ParameterModule):
            shape = ", ".join(self.slot(s) for s in module.shape)
            return f"nn.Parameter(torch.empty({shape}))"
        name, pieces = self.pieces(module)
        return f"{name}({', '.join(p.text for p in pieces)})"

    def chain(self, module: ChainModule) -> str:
        """The arguments of `nn.Sequential`, equal runs folded."""
        names = [name for name, _ in module.items]
        calls = [self._call(item) for _, item in module.items]
        if names == [str(i) for i in range(len(names))]:
            return ", ".join(fold_plain(calls))
        if all(attribute(name) for name in names):
            folded = fold_named(names, calls)
            if folded is not None:
                return folded
            inside = ", ".join(f"{name}={text}" for name, text in zip(names, map(_text, calls), strict=True))
            return f"OrderedDict({inside})"
        pairs = ", ".join(f"({literal(n)}, {_text(c)})" for n, c in zip(names, calls, strict=True))
        return f"OrderedDict([{pairs}])"

    def _call(self, module: Module) -> tuple[str, list[Piece]]:
        if isinstance(module, LayerModule | ClassModule):
            return self.pieces(module)
        return self.module(module), []

    # --- members -----------------------------------------------------------------------------------

    def set_member(self, path: str, text: str, indent: int = 2, *, register: str = "add_module") -> list[str]:
        """The statement that makes a member, on lines; one with a name that Python cannot write is registered."""
        *containers, name = path.split(".")
        target = self.container(containers)
        if attribute(name):
            return fit_line(f"{target}.{name} = {text}", indent)
        return fit_line(f"{target}.{register}({literal(name)}, {text})", indent)

    def container(self, names: list[str]) -> str:
        text = "self"
        for name in names:
            text = f"{text}.{name}" if attribute(name) else f"getattr({text}, {literal(name)})"
        return text

    def member(self, path: str) -> str:
        """A member as an expression."""
        *containers, name = path.split(".")
        if self.indexed and not containers:
            return f"self[{name}]"
        if ".".join(containers) in self.lists and containers:
            return f"{self.container(containers)}[{name}]"
        target = self.container(containers)
        return f"{target}.{name}" if attribute(name) else f"getattr({target}, {literal(name)})"

    # --- expressions -------------------------------------------------------------------------------

    def expr(self, expr: Expr) -> str:
        return self._expr(expr)[0]

    def _expr(self, expr: Expr) -> tuple[str, int]:
        """Text and precedence (0 binds most)."""
        if isinstance(expr, Var):
            return expr.name, 0
        if isinstance(expr, MemberValue):
            return self.member(expr.path), 0
        if isinstance(expr, MemberCall):
            return f"{self.member(expr.path)}({', '.join(self.expr(o) for o in expr.operands)})", 0
        if isinstance(expr, IfMember):
            member = self.member(expr.member)
            text = f"{self.expr(expr.otherwise)} if {member} is None else {member}({self.expr(expr.operand)})"
            return text, 3
        return self._template(expr), expr.precedence

    def _template(self, template: Template) -> str:
        values = {arg.name: self._argument(arg) for arg in template.args}
        operands = []
        for operand in template.operands:
            text, precedence = self._expr(operand)
            operands.append(f"({text})" if precedence > template.binds else text)
        values["*"] = ", ".join(operands)
        values["self"] = self.member(template.own) if template.own else "self"
        values.update({str(i): text for i, text in enumerate(operands)})
        return re.sub(r"\{(\*|\w+)\}", lambda m: values[m.group(1)], template.text)

    def _argument(self, arg: ArgSlot) -> str:
        """A number in an expression; one that differs between uses is kept by the module."""
        if arg.slot in self.fit.texts:
            return f"self.{self.kept(arg.slot)}"
        return literal(self.fit.literals[arg.slot])

    def kept(self, slot: Slot) -> str:
        """The attribute that keeps a number for the forward pass."""
        text = self.fit.texts[slot]
        return text if text.isidentifier() else "_".join(re.findall(r"\w+", text))

    # --- statements --------------------------------------------------------------------------------

    def statements(self, statements: tuple[Statement, ...], indent: int, outputs: dict[str, str]) -> list[str]:
        lines: list[str] = []
        for statement in statements:
            if isinstance(statement, If):
                lines += fit_line(f"if {self.expr(statement.condition)}:", indent)
                lines += self.statements(statement.body, indent + 1, outputs)
            elif isinstance(statement, Assign):
                value = self.expr(statement.value)
                text = f"{', '.join(statement.targets)} {statement.op} {value}" if statement.targets else value
                lines += fit_line(text, indent, self.comment(statement.comment))
            else:
                lines += fit_line(self._return(statement, outputs), indent, self.comment(statement.comment))
        return lines

    def _return(self, statement: Return, outputs: dict[str, str]) -> str:
        values = ", ".join(self.expr(v) for v in statement.values)
        return f"return {outputs[statement.outputs]}({values})" if statement.outputs else f"return {values}"

    def comment(self, slot: Slot | None) -> str | None:
        if slot is None or slot in self.fit.dropped:
            return None
        text = self.fit.literals[slot]
        assert isinstance(text, str)
        return text or None


def _text(call: tuple[str, list[Piece]]) -> str:
    name, pieces = call
    return f"{name}({', '.join(p.text for p in pieces)})" if pieces or not name.endswith(")") else name
