"""Residual units that may not survive: what the shortcut needs first, then the branch under a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.backends.torch.forward import conditional
from resdsl.backends.torch.ir import MAIN, Assign, Leaf, Statement, Template, Var
from resdsl.backends.torch.steps import UnitStep

if TYPE_CHECKING:
    from resdsl.backends.torch.body import BodyBuilder


def write_unit(builder: BodyBuilder, step: UnitStep) -> None:
    """The statements of a unit: `y = shortcut`, then, if it survives, the branch and `y = y + f`."""
    lines, order = builder.lines, builder.order[step]
    first = builder.order[step.before[0]] if step.before else builder.order[step.branch[0]]
    lines.flush_all(first - 1)
    for inner in step.before:
        builder.step(inner)
    result = _shortcut(builder, step)
    chance = _chance(builder, step)
    outer, lines.statements = lines.statements, []
    for inner in step.branch:
        builder.step(inner)
    lines.flush(step.scaled, order - 1)
    _scale(builder, step, lines.variables[step.scaled], chance)
    _sum(builder, step, result)
    branch, lines.statements = lines.statements, outer
    if step.survival.per == "batch":
        builder.needs.add("survives")
        lines.statements.append(conditional(branch, f"survives(self.{chance}, self.training)"))
    else:
        lines.statements += branch
    lines.bind(step.outputs[0], result)


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


def _sum(builder: BodyBuilder, step: UnitStep, result: str) -> None:
    lines, merge = builder.lines, step.merges[-1].node
    left, right = (builder.override.get((merge.id, port), value) for port, value in enumerate(merge.operands))
    if len(step.merges) == 1:
        total = Template("{0} + {1}", (Var(result), lines.take(left)[0]), (), 2, 2)
    else:
        value = builder.override.get(_shortcut_port(step), step.shortcut)
        before, lines.variables[value] = lines.variables[value], result
        for inner in step.merges[:-1]:
            builder.step(inner)
        lines.variables[value] = before
        total = Template("{0} + {1}", (lines.take(left)[0], lines.take(right)[0]), (), 2, 2)
    lines.statements.append(Assign((result,), total))


def _chance(builder: BodyBuilder, step: UnitStep) -> str:
    """The attribute that holds the probability; a use that always survives has 1."""
    name = "survival" if not builder.constants else f"survival{len(builder.constants) + 1}"
    survival = step.scope.survival
    value = survival.chance if survival else 1
    builder.constants[name] = builder.leaves.add(MAIN, Leaf(value, "chance", name, name))
    return name


def _scale(builder: BodyBuilder, step: UnitStep, name: str, chance: str) -> None:
    """What makes the expectation right: in training, or in eval as in the paper (arXiv:1603.09382, eq. 5)."""
    training: list[Statement] = []
    if step.survival.per == "sample":
        builder.needs.add("survivors")
        training.append(Assign((name,), Template(f"survivors({name}, self.{chance}) * {name}", ())))
    if step.survival.rescale == "train":
        training.append(Assign((name,), Template(f"{name} / self.{chance}", ())))
    if training:
        builder.lines.statements.append(conditional(training, "self.training"))
    if step.survival.rescale == "test":
        scaled: Statement = Assign((name,), Template(f"self.{chance} * {name}", ()))
        builder.lines.statements.append(conditional([scaled], "not self.training"))
