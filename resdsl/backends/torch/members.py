"""The constructor of a generated class."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.backends.torch.classes import ClassSpec
from resdsl.backends.torch.ir import (
    Assign,
    ChainModule,
    Expr,
    If,
    IfMember,
    MemberValue,
    Module,
    ParameterModule,
    Slot,
    Statement,
    Template,
    Var,
)
from resdsl.backends.torch.layout import fit as fit_line
from resdsl.backends.torch.render import Renderer, literal
from resdsl.ops.init import Constant


def constructor(spec: ClassSpec, renderer: Renderer) -> tuple[list[str], str]:
    """The lines of `__init__`, and the class's base."""
    members = [(path, module if module is not None else spec.optional.get(path)) for path, module in spec.body.members]
    names = [path for path, _ in members]
    bare = any(isinstance(module, ParameterModule) for _, module in members)
    indexed = bool(names) and names == [str(i) for i in range(len(names))] and not spec.optional and not bare
    lines = _signature(spec)
    if indexed:
        renderer.indexed = True
        modules = ChainModule(tuple((path, module) for path, module in members if module is not None))
        lines += fit_line(f"super().__init__({renderer.chain(modules)})", 2)
        return lines + _plain(spec, renderer), "nn.Sequential"
    lines.append("        super().__init__()")
    lines += _plain(spec, renderer)
    done: set[str] = set()
    by_path = dict(members)
    for path, module in members:
        if path not in done:
            done |= _member(spec, renderer, lines, by_path, path, module, done)
    return ([] if len(lines) == 2 and not spec.fit.parameters else lines), "nn.Module"


def _signature(spec: ClassSpec) -> list[str]:
    texts = ["self"]
    for p in spec.fit.parameters:
        default = f" = {literal(p.default)}" if p.default is not None else ""
        texts.append(f"{p.name}: {p.type}{default}")
    return fit_line(f"def __init__({', '.join(texts)}) -> None:", 1)


def _plain(spec: ClassSpec, renderer: Renderer) -> list[str]:
    """Numbers that the forward pass needs."""
    kept: dict[str, str] = {}
    for slot in _slots(spec.body.forward):
        if slot in spec.fit.texts:
            kept.setdefault(renderer.kept(slot), renderer.slot(slot))
    return [f"        self.{name} = {text}" for name, text in kept.items()]


def _member(
    spec: ClassSpec,
    renderer: Renderer,
    lines: list[str],
    members: dict[str, Module | None],
    path: str,
    module: Module | None,
    done: set[str],
) -> set[str]:
    """Write one member (or the list it is in); the paths that are written now."""
    *containers, _ = path.split(".")
    if containers:
        whole = _as_list(members, ".".join(containers))
        _containers(lines, renderer, containers[:-1] if whole else containers, done)
        if whole:
            place = ".".join(containers)
            items = enumerate(m for m in whole.values() if m is not None)
            inside = renderer.chain(ChainModule(tuple((str(i), module) for i, module in items)))
            lines += renderer.set_member(place, f"nn.ModuleList([{inside}])")
            renderer.lists.add(place)
            return {place, *whole}
    condition = spec.fit.conditions.get(path)
    if module is None or condition is not None:
        lines += renderer.set_member(path, "None")
    if condition is not None:
        lines += fit_line(f"if {condition}:", 2)
    if module is not None:
        lines += _made(renderer, path, module, 2 if condition is None else 3)
    return {path}


def _made(renderer: Renderer, path: str, module: Module, indent: int) -> list[str]:
    if not isinstance(module, ParameterModule):
        return renderer.set_member(path, renderer.module(module), indent)
    shape = ", ".join(renderer.slot(s) for s in module.shape)
    if isinstance(module.init, Constant):
        comma = "," if len(module.shape) == 1 else ""
        text = f"nn.Parameter(torch.full(({shape}{comma}), {float(module.init.value)!r}))"
        return renderer.set_member(path, text, indent, register="register_parameter")
    made = renderer.set_member(path, f"nn.Parameter(torch.empty({shape}))", indent, register="register_parameter")
    return [*made, f"{'    ' * indent}{module.init.line(renderer.member(path))}"]


def _as_list(members: dict[str, Module | None], container: str) -> dict[str, Module | None] | None:
    """The items of a container whose names are 0, 1, ...: a module list."""
    inside = {p: m for p, m in members.items() if p.startswith(container + ".")}
    wanted = {f"{container}.{i}" for i in range(len(inside))}
    if set(inside) != wanted or any(m is None or isinstance(m, ParameterModule) for m in inside.values()):
        return None
    return {f"{container}.{i}": inside[f"{container}.{i}"] for i in range(len(inside))}


def _containers(lines: list[str], renderer: Renderer, names: list[str], done: set[str]) -> None:
    for depth in range(1, len(names) + 1):
        path = ".".join(names[:depth])
        if path not in done:
            done.add(path)
            lines += renderer.set_member(path, "nn.Module()")


def _slots(statements: tuple[Statement, ...]) -> Iterator[Slot]:
    for statement in statements:
        if isinstance(statement, If):
            yield from _slots(statement.body)
        elif isinstance(statement, Assign):
            yield from _expr_slots(statement.value)
        else:
            for value in statement.values:
                yield from _expr_slots(value)


def _expr_slots(expr: Expr) -> Iterator[Slot]:
    if isinstance(expr, Var | MemberValue):
        return
    if isinstance(expr, IfMember):
        yield from _expr_slots(expr.otherwise)
        yield from _expr_slots(expr.operand)
        return
    if isinstance(expr, Template):
        yield from (arg.slot for arg in expr.args)
    for operand in expr.operands:
        yield from _expr_slots(operand)
