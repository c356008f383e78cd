"""Residual units that may not survive: what the shortcut needs first, then the branch under a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.backends.torch.forward import conditional
from resdsl.backends.torch.ir import (
    MAIN,
    UNIT,
    ArgSlot,
    Assign,
    Expr,
    LayerModule,
    Leaf,
    MemberCall,
    Statement,
    Template,
    Var,
)
from resdsl.backends.torch.steps import UnitStep
from resdsl.ops.base import Unset

if TYPE_CHECKING:
    from resdsl.backends.torch.body import BodyBuilder


def write_unit(builder: BodyBuilder, step: UnitStep) -> None:
    """The statements of a unit: `y = shortcut`, then, if it survives, the branch and `y = y + f`."""
    lines = builder.lines
    member = _member(builder, step)
    first = builder.order[step.before[0]] if step.before else builder.order[step.branch[0]]
    lines.flush_all(first - 1)
    for inner in step.before:
        builder.step(inner)
    result = _shortcut(builder, step)
    outer, lines.statements = lines.statements, []
    known = dict(lines.variables)
    if step.survival.per == "sample":
        _select(builder, step, member, result)
    for inner in step.branch:
        builder.step(inner)
    lines.flush(step.scaled, builder.order[step.merges[0]] - 1)
    scaled = lines.variables[step.scaled]
    total = _sum(builder, step, member, result, scaled)
    if step.survival.per == "sample":
        total = Template(f"{{self}}.put({result}, {{0}})", (total,), own=member)
    lines.statements.append(Assign((result,), total))
    branch, lines.statements = lines.statements, outer
    lines.variables.update(known)
    condition = Template("{self}.active", (), own=member)
    lines.statements.append(conditional(branch, condition))
    lines.bind(step.outputs[0], result)


def _member(builder: BodyBuilder, step: UnitStep) -> str:
    """The member that knows the unit's chance; a use of the block that always survives has 1."""
    number, name = 1, "survival"
    if builder.root or name in builder.taken:
        name = "survival1"
    while name in builder.taken or name in builder.members:
        number += 1
        name = f"survival{number}"
    survival = step.scope.survival
    slot = builder.leaves.add(MAIN, Leaf(survival.chance if survival else 1, "chance", "survival", name))
    target = f"{UNIT}.{step.survival.per}.{step.survival.rescale}"
    builder.members[name] = LayerModule(target, (ArgSlot("chance", slot, Unset.UNSET, True),), (), True)
    builder.ranks[name] = builder.written[step.written[0]] - 0.5
    return name


def _shortcut(builder: BodyBuilder, step: UnitStep) -> str:
    """The variable that holds the shortcut and, if the branch survives, the sum."""
    lines = builder.lines
    value = builder.override.get(_shortcut_port(step), step.shortcut)
    if value in lines.pending:
        name = lines.free_name("y", builder.order[step.before[-1]])
        lines.statements.append(Assign((name,), lines.pending.pop(value).expr))
        lines.bind(value, name)
        return name
    name = lines.variables[value]
    if lines.last_use.get(value, -1) <= builder.order[step]:
        return name
    copy = lines.free_name("y", builder.order[step])
    lines.statements.append(Assign((copy,), Var(name)))
    lines.holders[copy] = value
    return copy


def _shortcut_port(step: UnitStep) -> tuple[int, int]:
    """The operand that the shortcut is: of the sum, or with a gate of its product with the carry."""
    merge = step.merges[-1] if len(step.merges) == 1 else step.merges[-2]
    return merge.node.id, 1


def _select(builder: BodyBuilder, step: UnitStep, member: str, result: str) -> None:
    """What the branch takes from outside, for the surviving inputs."""
    lines = builder.lines
    made = {value for inner in (*step.branch, *step.merges) for value in inner.outputs}
    shortcut = builder.override.get(_shortcut_port(step), step.shortcut)
    takes = dict.fromkeys(v for inner in step.branch for v in inner.inputs if v not in made)
    for value in [*takes, *([shortcut] if shortcut not in takes else [])]:
        before = result if value == shortcut and value not in takes else lines.variables[value]
        name = lines.free_name(f"{before}_kept", -1)
        lines.holders[name] = value
        chosen = Template(f"{{self}}.select({before})", (), own=member)
        lines.statements.append(Assign((name,), chosen))
        lines.variables[value] = name


def _sum(builder: BodyBuilder, step: UnitStep, member: str, result: str, scaled: str) -> Expr:
    """Shortcut plus branch, or the gated sum, with what survival weighs in it weighted."""
    lines, merge = builder.lines, step.merges[-1].node
    weighted = MemberCall(member, (Var(scaled),))
    shortcut = builder.override.get(_shortcut_port(step), step.shortcut)
    kept = lines.variables[shortcut] if step.survival.per == "sample" else result
    if len(step.merges) == 1:
        return Template("{0} + {1}", (Var(kept), weighted), (), 2, 2)
    lines.statements.append(Assign((scaled,), weighted))
    before, lines.variables[shortcut] = lines.variables[shortcut], kept
    for inner in step.merges[:-1]:
        builder.step(inner)
    lines.variables[shortcut] = before
    return Template("{0} + {1}", tuple(lines.take(value)[0] for value in merge.operands), (), 2, 2)


def starts_step(builder: BodyBuilder) -> Statement:
    """The model draws for all its units before anything else."""
    first = builder.arguments[0]
    draw = Template(f"self.draw_units({first}.shape[0])", ())
    return conditional([Assign((), draw)], Template("self.training", ()))
