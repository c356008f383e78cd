"""Arguments to parameters, and arguments to operators."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from resdsl.diagnostics import Fault, Fix, Label
from resdsl.diagnostics.suggest import replacement, respelling
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.values import (
    AUTO,
    BlockValue,
    Builtin,
    FunctionValue,
    Given,
    InitKind,
    OperatorValue,
    Size,
    Value,
    show,
    whole,
)
from resdsl.ops.arguments import words_of
from resdsl.ops.base import Operator
from resdsl.ops.init import INITS, Init
from resdsl.ops.registry import operator
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax import tree

Assignment = tuple[tuple[str, tree.Arg, frozenset[str]], ...]
"""For each argument of a call: its parameter, itself, and the bare words it may be."""

Callee = OperatorValue | BlockValue | InitKind | FunctionValue | Builtin


class Signature(Record):
    """The parameters of something callable, in order."""

    title: str
    names: tuple[str, ...]
    required: tuple[str, ...]
    words: dict[str, frozenset[str]]


class ArgumentFault(Record):
    code: str
    message: str
    span: Span
    secondary: tuple[Label, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()


NO_WORDS: frozenset[str] = frozenset()


@cache
def _model_signature(model: type[BaseModel], name: str) -> Signature:
    fields = model.model_fields
    return Signature(
        name,
        tuple(fields),
        tuple(n for n, f in fields.items() if f.is_required()),
        {n: frozenset(words) for n, f in fields.items() if (words := words_of(f))},
    )


def signature(callee: Callee) -> Signature:
    """The parameters of an operator, block, initialiser or function."""
    match callee:
        case OperatorValue(kind):
            return _model_signature(operator(kind), kind)
        case InitKind(kind):
            return _model_signature(INITS[kind], kind)
        case BlockValue(definition=definition):
            return params_signature(definition.name.name, definition.params)
        case FunctionValue(let=let):
            return params_signature(let.name.name, let.params or ())
        case Builtin(name, _, names):
            return Signature(name, names, names[:1], {})


def params_signature(name: str, params: tuple[tree.Param, ...]) -> Signature:
    return Signature(
        name,
        tuple(p.name.name for p in params),
        tuple(p.name.name for p in params if p.default is None),
        {},
    )


def assign(callee: Callee, args: tuple[tree.Arg, ...]) -> tuple[Assignment, list[ArgumentFault]]:
    """Positional arguments to the parameters that are free, then named ones."""
    filled = callee.args if isinstance(callee, OperatorValue | BlockValue) else ()
    return assign_to(signature(callee), args, filled)


def assign_to(
    to: Signature, args: tuple[tree.Arg, ...], filled: Iterable[Given] = ()
) -> tuple[Assignment, list[ArgumentFault]]:
    taken: dict[str, Span] = {str(g.name): g.span for g in filled}
    free = [name for name in to.names if name not in taken]
    found: list[tuple[str, tree.Arg, frozenset[str]]] = []
    faults: list[ArgumentFault] = []
    place = 0
    for arg in args:
        if arg.name is None:
            if place >= len(free):
                faults.append(_too_many(to, arg))
                continue
            name = free[place]
            place += 1
        else:
            name = arg.name.name
        if name not in to.names:
            faults.append(_unknown(to, arg.name or tree.Ident(arg.span, name), taken))
        elif name in taken:
            secondary = (Label(taken[name], "given here first"),)
            faults.append(ArgumentFault("E122", f"`{name}` is given twice to {to.title}", arg.span, secondary))
        else:
            taken[name] = arg.span
            found.append((name, arg, to.words.get(name, NO_WORDS)))
    return tuple(found), faults


_TORCH_NAMES = {"kernel_size": "k", "out_channels": "width", "out_features": "width", "padding": "pad"}
"""What PyTorch calls some arguments of operators."""


def _too_many(to: Signature, arg: tree.Arg) -> ArgumentFault:
    wanted = "no arguments" if not to.names else f"{len(to.names)} argument{'s' * (len(to.names) > 1)} at most"
    listed = f" ({', '.join(to.names)})" if to.names else ""
    return ArgumentFault("E123", f"{to.title} takes {wanted}{listed}", arg.span)


def _unknown(to: Signature, name: tree.Ident, taken: Iterable[str]) -> ArgumentFault:
    message = f"{to.title} has no argument `{name.name}`"
    meant = _TORCH_NAMES.get(name.name)
    if meant in to.names and meant not in taken:
        fix = replacement(name.span, meant, safe=True)
        return ArgumentFault("E120", message, name.span, help=f"did you mean `{meant}`?", fixes=(fix,))
    listed = f"its arguments are {', '.join(to.names)}" if to.names else "it takes no arguments"
    return ArgumentFault(
        "E120", message, name.span, **respelling(name.name, name.span, {*to.names}.difference(taken), listed)
    )


def missing(to: Signature, bound: Iterable[str]) -> list[str]:
    """Parameters that need a value and have none."""
    present = set(bound)
    return [name for name in to.required if name not in present]


def missing_help(to: Signature) -> str:
    """How a call is written: what must be given, then that there is more."""
    more = ", ..." if len(to.names) > len(to.required) else ""
    return f"write {to.title}({', '.join(to.required)}{more})"


def missing_message(to: Signature, names: list[str]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    return f"{to.title} needs its argument{'s' * (len(names) > 1)} {listed}"


# --- operators -----------------------------------------------------------------------------------


def combine(callee: OperatorValue, given: tuple[Given, ...], defaults: tuple[Given, ...]) -> dict[str, Given]:
    """The arguments of an operator call: what is written wins, then what was filled in, then defaults.

    `auto` counts as unwritten.
    """
    bound: dict[str, Given] = {str(g.name): g for g in defaults}
    for g in (*callee.args, *given):
        if g.value is not AUTO:
            bound[str(g.name)] = g
    return bound


def field_value(value: Value) -> Any:
    """A value as operators take it: sizes as tuples, initialisers complete. Raises `Fault` for one that is not."""
    if isinstance(value, Size):
        return value.axes
    if isinstance(value, tuple):
        return tuple([field_value(v) for v in value])
    if isinstance(value, InitKind):
        return initialiser(value, ())
    return value


def cache_key(kind: str, bound: dict[str, Given]) -> tuple[object, ...]:
    """Equal for calls that give the same operator (`true` is not 1)."""
    return (kind, *[(name, type(g.value), g.value) for name, g in sorted(bound.items())])


def make_operator(kind: str, bound: dict[str, Given]) -> tuple[Operator | None, list[Fault]]:
    """The operator, or one fault for each argument that does not fit (`Fault.argument` names it)."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, g in bound.items():
        try:
            values[name] = field_value(g.value)
        except Fault as fault:
            faults.append(Fault(fault.code, fault.message, argument=name))
            continue
        if not _literal(g.value):
            faults.append(_odd_value(kind, name, g.value))
    if faults:
        return None, faults
    try:
        return operator(kind)(**values), []
    except ValidationError as error:
        return None, _field_faults(kind, error, bound)


def check_arguments(kind: str, bound: dict[str, Given]) -> list[Fault]:
    """Faults of arguments that are given, when others may still come."""
    return [fault for fault in make_operator(kind, bound)[1] if fault.argument in bound]


def initialiser(callee: InitKind, given: tuple[Given, ...]) -> Init:
    """The initialiser with its arguments. Raises `Fault`."""
    lacking = missing(signature(callee), [str(g.name) for g in given])
    if lacking:
        raise Fault("E121", missing_message(signature(callee), lacking))
    bound = {str(g.name): g for g in given if g.value is not AUTO}
    try:
        return INITS[callee.kind](**{name: field_value(g.value) for name, g in bound.items()})
    except ValidationError as error:
        raise _field_faults(callee.kind, error, bound)[0] from None


def _field_faults(kind: str, error: ValidationError, bound: dict[str, Given]) -> list[Fault]:
    """One fault an argument; of the alternatives of a field, what its own check says."""
    by_field: dict[str, ErrorDetails] = {}
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        known = by_field.get(name)
        if known is None or (detail["type"] == "value_error" and known["type"] != "value_error"):
            by_field[name] = detail
    return [_field_fault(kind, name, detail, bound) for name, detail in by_field.items()]


def _field_fault(kind: str, name: str, detail: ErrorDetails, bound: dict[str, Given]) -> Fault:
    if name not in bound:
        return Fault("E208", f"{kind}: {detail['msg'].removeprefix('Value error, ')}")
    value = bound[name].value
    if detail["type"] == "value_error":
        says = detail["msg"].removeprefix("Value error, ")
        return _explained(Fault("E208", f"`{name}` of {kind} is {says}", argument=name), value)
    return _odd_value(kind, name, value)


def _explained(fault: Fault, value: Value) -> Fault:
    """What was probably meant with a value that an argument cannot have."""
    help_: str | None = None
    instead: tuple[str, ...] = ()
    if isinstance(value, int | Fraction) and "from 0 to 1" in fault.message and 2 <= value <= 100:
        share = show(whole(Fraction(value) / 100))
        help_, instead = f"percent are hundredths: {share}", (share,)
    elif isinstance(value, Fraction) and "whole" in fault.message:
        help_ = "nothing is rounded silently: write round(...), floor(...), ceil(...) or divisible(...)"
    elif isinstance(value, str) and value.isdigit():
        help_, instead = "a number stands without quotes", (value,)
    elif fault.argument == "pad" and isinstance(value, str):
        help_ = "leave `pad` out: it is then half the window, which keeps the size at stride 1"
    elif value == 0:
        help_ = "check where the 0 comes from: `max(1, ...)` keeps a value above it"
    return Fault(fault.code, fault.message, argument=fault.argument, help=help_, instead=instead)


def _odd_value(kind: str, name: str, value: Value) -> Fault:
    wanted = "an initialiser, such as `kaiming_normal(fan=out)`, not " if name == "init" else "not "
    return Fault("E208", f"`{name}` of {kind} is {wanted}{described(value)}", argument=name)


def _literal(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_literal, value))
    return value is None or isinstance(value, int | Fraction | str | Size | Init | InitKind)
