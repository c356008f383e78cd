"""What the uses of one block must agree on before their bodies are built."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from resdsl.backends.torch.modules import Context
from resdsl.backends.torch.steps import AuxStep, CallStep, NodeStep, ShortcutStep, Step, UnitStep
from resdsl.graph import Scope

Position = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What must be agreed on among the instances of a block before their bodies are built.

    `forced` are places whose values need a variable in some instance; `mixed` are the shortcuts, by their place, that
    are the identity in some instances and the same module in others, with the place of that module's operand.
    """

    forced: frozenset[Position]
    mixed: dict[int, tuple[str, Position]] = field(default_factory=dict)


class Places:
    """Where each value of a module scope comes from, in terms that are equal for equal blocks."""

    def __init__(self, scope: Scope, steps: list[Step], context: Context) -> None:
        self.of: dict[int, Position] = {v: ("in", i, 0) for i, v in enumerate(context.flow.borders[scope].inputs)}
        self.shortcuts: list[ShortcutStep] = []
        self.uses: Counter[int] = Counter(context.flow.borders[scope].outputs)
        if scope.parent is None:
            graph = context.flow.graph
            self.uses = Counter([*(o.node for o in graph.outputs), *(a.node for a in graph.aux)])
            self.of = {v: ("in", i, 0) for i, v in enumerate(graph.inputs)}
        self.signature: list[object] = []
        self._count = 0
        for step in steps:
            self._visit(step)

    def _visit(self, step: Step) -> None:
        if isinstance(step, ShortcutStep):
            self.signature.append(("shortcut", self.of[step.value]))
            for i, value in enumerate(step.outputs):
                self.of[value] = ("shortcut", len(self.shortcuts), i)
            self.uses.update(step.inputs)
            self.shortcuts.append(step)
            return
        if isinstance(step, UnitStep):
            for inner in (*step.before, *step.branch, *step.merges):
                self._visit(inner)
            self.signature.append("unit")
            return
        self.uses.update(step.inputs)
        for i, value in enumerate(step.outputs):
            self.of[value] = ("step", self._count, i)
        self._count += 1
        self.signature.append((_kind(step), len(step.inputs), len(step.outputs)))

    def forced(self) -> set[Position]:
        return {place for value, place in self.of.items() if self.uses[value] > 1}


def _kind(step: Step) -> str:
    if isinstance(step, AuxStep):
        return "aux " + _kind(step.step)
    if isinstance(step, NodeStep):
        return f"{step.node.op.kind} {step.node.name}"
    assert isinstance(step, CallStep)
    return f"call {step.scope.name}"
