"""A module scope as a list of steps: what its forward pass does, in order, before any text.

Residual units that may be dropped keep their structure (`UnitStep`), shortcuts keep their place
(`ShortcutStep`), all other transparent scopes dissolve into the steps they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.backends.torch.dataflow import Dataflow, is_module, shared_use
from resdsl.graph import Node, Scope, ScopeKind, Survival
from resdsl.source import Span

HINTS = {ScopeKind.MAIN: "y", ScopeKind.GATE: "gate", ScopeKind.CARRY: "carry", ScopeKind.SHORTCUT: "shortcut"}


@dataclass(eq=False, slots=True)
class NodeStep:
    node: Node
    hint: str
    shared: Scope | None
    branch: str | None = None

    @property
    def inputs(self) -> tuple[int, ...]:
        return self.node.operands

    @property
    def outputs(self) -> tuple[int, ...]:
        return (self.node.id,)


@dataclass(eq=False, slots=True)
class CallStep:
    scope: Scope
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    hint: str
    shared: Scope | None
    branch: str | None = None


@dataclass(eq=False, slots=True)
class ShortcutStep:
    """The shortcut of a residual: `step`, or the value itself where it is the identity."""

    residual: Scope
    value: int
    """The current value at the residual's entry."""
    step: NodeStep | CallStep | None
    hint: str

    @property
    def output(self) -> int:
        return self.step.outputs[0] if self.step else self.value

    @property
    def inputs(self) -> tuple[int, ...]:
        return self.step.inputs if self.step else ()

    @property
    def outputs(self) -> tuple[int, ...]:
        return self.step.outputs if self.step else ()


@dataclass(eq=False, slots=True)
class UnitStep:
    """A residual whose branch may not survive."""

    scope: Scope
    survival: Survival
    before: list[Step]
    """What the shortcut needs of the branch, then the shortcut: always computed."""
    shortcut: int
    branch: list[Step]
    """The rest of the branch, and of the gate."""
    scaled: int
    """The value that survival scales: the branch's result, or the gate's."""
    merges: list[NodeStep]
    written: list[Step]
    """All its steps in the order of the text, which is that of the weights."""
    hint: str

    @property
    def inputs(self) -> tuple[int, ...]:
        steps = (*self.before, *self.branch, *self.merges)
        made = {v for step in steps for v in step.outputs}
        return tuple(v for step in steps for v in step.inputs if v not in made)

    @property
    def outputs(self) -> tuple[int, ...]:
        return self.merges[-1].outputs


@dataclass(eq=False, slots=True)
class AuxStep:
    """A step that only training takes."""

    step: NodeStep | CallStep
    hint: str

    @property
    def inputs(self) -> tuple[int, ...]:
        return self.step.inputs

    @property
    def outputs(self) -> tuple[int, ...]:
        return self.step.outputs


Step = NodeStep | CallStep | ShortcutStep | UnitStep | AuxStep


class StepList:
    """Builds the steps of one module scope. `survivals` are the sites of residuals that may be dropped somewhere."""

    def __init__(self, flow: Dataflow, survivals: dict[Span, Survival]) -> None:
        self.flow = flow
        self.survivals = survivals
        self._branches: list[int] = []

    def of(self, scope: Scope) -> list[Step]:
        return list(self._content(scope, "x", None))

    def _content(self, scope: Scope, hint: str, branch: str | None) -> Iterator[Step]:
        for item in scope.items:
            if isinstance(item, int):
                if item not in self.flow.graph.inputs:
                    yield NodeStep(self.flow.graph.node(item), hint, shared_use(scope), branch)
            elif item in self.flow.filled or item.kind is ScopeKind.RESIDUAL:
                yield from self._scope(item, hint, branch)

    def _scope(self, scope: Scope, hint: str, branch: str | None) -> Iterator[Step]:
        if is_module(scope):
            border = self.flow.borders[scope]
            shared = scope if scope.kind is ScopeKind.SHARED else shared_use(scope.parent)
            yield CallStep(scope, tuple(border.inputs), tuple(border.outputs), hint, shared, branch)
        elif scope.kind is ScopeKind.RESIDUAL:
            yield from self._residual(scope, hint)
        elif scope.kind is ScopeKind.BRANCH:
            yield from self._branch(scope)
        elif scope.kind is ScopeKind.MERGE:
            yield from self._merge(scope, hint, branch)
        elif scope.kind is ScopeKind.AUX:
            for step in self._content(scope, hint, branch):
                assert isinstance(step, NodeStep | CallStep)
                yield AuxStep(step, hint)
        else:
            yield from self._content(scope, HINTS.get(scope.kind, hint), branch)

    def _merge(self, scope: Scope, hint: str, branch: str | None) -> Iterator[Step]:
        """Branches are numbered through the whole merge, however repeats and loops made them."""
        self._branches.append(0)
        yield from self._content(scope, hint, branch)
        self._branches.pop()

    def _branch(self, scope: Scope) -> Iterator[Step]:
        self._branches[-1] += 1
        name = f"branch{self._branches[-1]}"
        yield from self._content(scope, _word(scope.title) or name, name)

    def _residual(self, scope: Scope, hint: str) -> Iterator[Step]:
        survival = scope.survival or self.survivals.get(scope.span)
        parts: dict[ScopeKind, list[Step]] = {}
        merges: list[NodeStep] = []
        for item in scope.items:
            if isinstance(item, int):
                merges.append(NodeStep(self.flow.graph.node(item), hint, None))
            elif item.kind is ScopeKind.SHORTCUT:
                parts[item.kind] = (
                    [self._shortcut(scope, item)] if self._is_simple(self._steps(item)) else self._steps(item)
                )
            else:
                parts[item.kind] = self._steps(item)
        main, shortcut = parts[ScopeKind.MAIN], parts.get(ScopeKind.SHORTCUT, [])
        others = [*parts.get(ScopeKind.GATE, []), *parts.get(ScopeKind.CARRY, [])]
        if survival is None or not merges:
            yield from (*main, *shortcut, *others, *merges)
            return
        needed = _closure(shortcut, main)
        hoisted: list[Step] = [step for step in main if step in needed]
        rest: list[Step] = [step for step in main if step not in needed]
        for step in rest:
            step.hint = "f" if step.hint == "y" else step.hint
        final = merges[-1].node.operands
        gated = len(merges) > 1
        yield UnitStep(
            scope,
            survival,
            [*hoisted, *shortcut],
            merges[-2].node.operands[1] if gated else final[1],
            [*rest, *others],
            merges[0].node.operands[0] if gated else final[0],
            merges,
            [*main, *shortcut, *others, *merges],
            hint,
        )

    def _steps(self, scope: Scope) -> list[Step]:
        branch = scope.kind.value if scope.kind in (ScopeKind.MAIN, ScopeKind.GATE, ScopeKind.CARRY) else None
        return list(self._scope(scope, HINTS.get(scope.kind, "x"), branch))

    def _shortcut(self, residual: Scope, scope: Scope) -> ShortcutStep:
        steps = self._steps(scope)
        step = steps[0] if steps else None
        assert step is None or isinstance(step, NodeStep | CallStep)
        return ShortcutStep(residual, residual.inputs[0], step, "shortcut")

    def _is_simple(self, steps: list[Step]) -> bool:
        """Whether a shortcut is the identity, or a module that is called with one operand and nothing else."""
        if len(steps) != 1:
            return not steps
        (step,) = steps
        if len(step.inputs) != 1 or len(step.outputs) != 1:
            return False
        if isinstance(step, CallStep):
            return step.shared is None
        if not isinstance(step, NodeStep) or step.node.name is None or step.shared is not None:
            return False
        text = step.node.op.torch(self.flow.graph.shapes(step.node))
        return text.layer is not None and not (text.inline or text.before or text.after)


def _closure(shortcut: list[Step], main: list[Step]) -> set[Step]:
    """The steps of `main` that the shortcut's values come from."""
    needed = {value for step in shortcut for value in step.inputs}
    found: set[Step] = set()
    for step in reversed(main):
        if needed.intersection(step.outputs):
            found.add(step)
            needed.update(step.inputs)
    return found


def _word(title: str | None) -> str | None:
    return title if title and title.isidentifier() and not title.startswith("_") else None
