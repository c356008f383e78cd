"""Labels: written only where a step would not have its name without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from resdsl.backends.res.steps import Aux, Body, Braces, Call, Declaration, Residual, Step, Wanted
from resdsl.backends.res.words import is_plain
from resdsl.diagnostics import InternalError
from resdsl.elaborate.naming import Namer
from resdsl.elaborate.residuals import DOWNSAMPLE


@dataclass(slots=True)
class _Scope:
    """A scope of names as the elaboration will fill it. `needed` are the names that someone must have."""

    namer: Namer
    needed: set[str]
    used: set[str] = field(default_factory=set)
    inner: dict[str, _Scope] = field(default_factory=dict)
    """The plain scopes that quoted paths lead to."""


def write_labels(body: Body) -> None:
    """Settles the labels of all steps in a scope of names, and of those below it.

    Raises `InternalError` where a name cannot be had.
    """
    steps = list(_own(body))
    needed = {step.wanted.parts[0] for step in steps if step.wanted is not None and step.wanted.needed}
    scope = _Scope(Namer("", body.numbered), needed)
    for declaration in body.shared:
        scope.used.add(declaration.name)
    for step in steps:
        if isinstance(step, Aux):
            _label_aux(step, scope)
        elif isinstance(step, Residual):
            _label_shortcut(step, scope)
        elif step.wanted is not None:
            step.label = _label(step, step.wanted, scope)
    for below in _below(body):
        write_labels(below)


def _own(body: Body) -> Iterator[Step]:
    """The steps that take names in this scope, in the order in which the elaboration names them."""
    for step in body.steps:
        if isinstance(step, Residual):
            yield from _own(step.main)
            if step.shortcut is not None and step.wanted is not None:
                yield step
            for part in (step.gate, step.carry):
                yield from _own(part) if part is not None else ()
            continue
        yield step
        if not isinstance(step, Aux):
            for inner in step.bodies():
                yield from () if inner.naming else _own(inner)


def _below(body: Body) -> Iterator[Body]:
    """The scopes of names within this one."""
    for declaration in body.shared:
        yield from _naming(declaration.step.bodies())
    for step in body.steps:
        yield from _naming(step.bodies())


def _naming(bodies: tuple[Body, ...]) -> Iterator[Body]:
    for body in bodies:
        if body.naming:
            yield body
        else:
            yield from _below(body)


def _label_aux(step: Aux, scope: _Scope) -> None:
    head = step.head.steps[0]
    assert head.wanted is not None
    (name,) = head.wanted.parts
    _claim(name, scope)
    head.label = _written(name)


def _label_shortcut(step: Residual, scope: _Scope) -> None:
    """`downsample`, the second of a scope `downsample2`; a label changes neither."""
    assert step.wanted is not None
    count = scope.namer.shortcuts + 1
    default = DOWNSAMPLE if count == 1 else f"{DOWNSAMPLE}{count}"
    name = step.wanted.parts[-1]
    if len(step.wanted.parts) > 1:
        raise InternalError(f"a shortcut stands under a path, {'.'.join(step.wanted.parts)}")
    if name == default or not (step.wanted.needed or default in scope.used):
        scope.namer.shortcuts += 1
        _claim(default, scope)
        return
    _claim(name, scope)
    step.label = _written(name)


def _label(step: Step, wanted: Wanted, scope: _Scope) -> str | None:
    kind = step.kind if isinstance(step, Call) else None
    if isinstance(step, Call) and isinstance(step.callee, Declaration):
        return None
    if len(wanted.parts) > 1:
        scope.namer.take_place(kind)
        _claim_path(wanted.parts, scope)
        return quoted(".".join(wanted.parts))
    name = wanted.parts[0]
    if kind is not None and _default_will_do(name, kind, wanted, scope):
        _claim(scope.namer.unlabelled(kind), scope)
        return None
    if not wanted.needed and name in scope.used:
        name = _free(kind or name, scope)
    _claim(name, scope)
    if name.isascii() and name.isdigit() and str(int(name)) == name:
        follows = int(name) == scope.namer.next
        scope.namer.number(kind, int(name))
        return "[]" if follows else f"[{name}]"
    scope.namer.take_place(kind)
    return _written(name)


def _default_will_do(name: str, kind: str, wanted: Wanted, scope: _Scope) -> bool:
    """Whether a step without a label is called so, or as well otherwise: what has no weights and was never named."""
    namer = scope.namer
    default = str(namer.next) if namer.numbered else f"{kind}{namer.kinds.get(kind, 0) + 1}"
    if default == name:
        return default not in scope.used or wanted.needed
    was_named = not name.isdigit() and not (name.startswith(kind) and name.removeprefix(kind).isdigit())
    return not wanted.needed and not was_named and default not in scope.needed and default not in scope.used


def _free(stem: str, scope: _Scope) -> str:
    """A name for a step whose own was taken by one that nobody named either."""
    number = 1
    while f"{stem}{number}" in scope.used | scope.needed:
        number += 1
    return f"{stem}{number}"


def _claim(name: str, scope: _Scope) -> None:
    if name in scope.used:
        raise InternalError(f"two steps would be called {name!r}")
    scope.used.add(name)


def _claim_path(parts: tuple[str, ...], scope: _Scope) -> None:
    for part in parts[:-1]:
        inner = scope.inner.get(part)
        if inner is None:
            _claim(part, scope)
            inner = scope.inner[part] = _Scope(Namer("", numbered=False), set())
        scope = inner
    _claim(parts[-1], scope)


def brace_label(step: Braces) -> str:
    """The label of braces, with what says that their steps are named by place."""
    return f"{step.label}[]" if step.body.numbered and step.word != "stage" else str(step.label)


def quoted(text: str) -> str:
    """A text in quotes, where braces are no holes."""
    return '"' + text.replace("{", "{{").replace("}", "}}") + '"'


def _written(name: str) -> str:
    return name if is_plain(name) else quoted(name)
