"""From scopes to steps: what flows from one to the next, and where a flow starts anew."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.backends.res import patterns
from resdsl.backends.res.patterns import Parts, Places
from resdsl.backends.res.schedules import Schedules
from resdsl.backends.res.steps import (
    Arguments,
    Aux,
    Block,
    Body,
    Braces,
    Call,
    Declaration,
    Dense,
    From,
    Keep,
    Kept,
    Merge,
    Repeat,
    Residual,
    Step,
    Wanted,
    walk,
)
from resdsl.backends.res.values import argument_of, exact
from resdsl.diagnostics import CompileError, Diagnostic, InternalError, Label, Report
from resdsl.graph import Node, Scope, ScopeKind

Value = int | None
"""A node, or nothing: after a block with several outputs."""

Path = tuple[str, ...]


@dataclass(slots=True)
class BlockCall:
    """How an execution of a block is written."""

    block: Block
    arguments: Arguments
    entry: Value
    sources: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(slots=True)
class Reader:
    """Makes steps of scopes. `calls` has the blocks that have a definition; others are written where they stand."""

    places: Places
    schedules: Schedules
    calls: dict[Scope, BlockCall] = field(default_factory=dict)
    _declared: dict[Scope, list[Declaration]] = field(default_factory=dict)
    _needs: dict[Scope, Value] = field(default_factory=dict)
    _given: list[Value] = field(default_factory=list)
    """What the shared steps around here are given: another value in each use, so that no name can stand for it."""

    # --- what is wanted at the beginning -----------------------------------------------------------

    def need(self, item: Scope | int) -> Value:
        """The value that must be the current one where an item begins; `None` if that does not matter."""
        if not isinstance(item, Scope):
            node = self.places.graph.node(item)
            return node.operands[0] if node.operands and not node.op.merge else None
        if item not in self._needs:
            self._needs[item] = self._entry(item)
        return self._needs[item]

    def _entry(self, scope: Scope) -> Value:
        low, _ = self.places.ends(scope)
        for need in self._wishes(scope):
            if need is not None and need < low:
                return need
        return None

    def _wishes(self, scope: Scope) -> list[Value]:
        """What could be the value on entry, the best first."""
        call = self.calls.get(scope)
        if call is not None:
            return [call.entry]
        filled = [item for item in scope.items if not self.places.empty(item)]
        if scope.kind is ScopeKind.RESIDUAL and (parts := patterns.residual(self.places, scope)):
            needs = [self.need(item) for item in filled if isinstance(item, Scope)]
            if self.places.empty(parts.shortcut):
                return [parts.shortcut_value, *needs]
            single = [self.need(item) for item in parts.shortcut.items if not isinstance(item, Scope)]
            return single + needs
        if scope.kind is ScopeKind.DENSE and (joined := patterns.dense(self.places, scope)):
            return [joined.operands[0]]
        if scope.kind is ScopeKind.MERGE and patterns.merge(self.places, scope):
            needs = [self.need(item) for item in filled if isinstance(item, Scope)]
            return sorted(needs, key=lambda need: (-needs.count(need), need not in scope.inputs))
        return [self.need(filled[0])] if filled else []

    # --- sequences ---------------------------------------------------------------------------------

    def body(self, scope: Scope, value: Value, path: Path = (), end: Value = None) -> tuple[Body, Value]:
        """The steps of a scope, from the current value `value`, to the value `end` if one is wanted."""
        steps, result = self.sequence(scope.items, value, path)
        if end is not None and result != end:
            steps.append(From(end))
            result = end
        return Body(steps, schedule=self.schedules.statements.get(scope)), result

    def names(self, scope: Scope, value: Value, *, numbered: bool, end: Value = None) -> tuple[Body, Value]:
        """As `body`, for a scope that has names."""
        body, result = self.body(scope, value, end=end)
        body.naming, body.numbered = True, numbered
        body.shared = self._declared.pop(scope, [])
        return body, result

    def sequence(self, items: list[Scope | int], value: Value, path: Path = ()) -> tuple[list[Step], Value]:
        steps: list[Step] = []
        for item in items:
            if self.places.empty(item):
                continue
            wanted = self.need(item)
            if wanted is not None and wanted != value:
                steps.append(From(wanted))
                value = wanted
            made, value = self._item(item, value, path)
            steps += made
        return steps, value

    def _item(self, item: Scope | int, value: Value, path: Path) -> tuple[list[Step], Value]:
        if not isinstance(item, Scope):
            return self._node(self.places.graph.node(item), value, path)
        if item in self.calls:
            return self._call(item, self.calls[item], path)
        made = self._construct(item, value, path)
        if made is not None:
            return made
        if item.survival is not None:
            raise InternalError(f"the unit {item.path!r} may be dropped, and is no residual any more")
        return self.sequence(item.items, value, path)

    def _construct(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        """How a scope is written; `None` for one that is transparent or is not what it was."""
        match scope.kind:
            case ScopeKind.BLOCK | ScopeKind.STAGE | ScopeKind.LABEL:
                return self._braces(scope, value, path)
            case ScopeKind.PATH:
                return self.sequence(scope.items, value, (*path, scope.name or ""))
            case ScopeKind.REGION:
                return self._region(scope, value, path)
            case ScopeKind.REPEAT:
                return self._repeat(scope, value, path)
            case ScopeKind.RESIDUAL:
                return self._residual(scope, value, path)
            case ScopeKind.DENSE:
                return self._dense(scope, value, path)
            case ScopeKind.MERGE:
                return self._merge(scope, value, path)
            case ScopeKind.AUX:
                return self._aux(scope, value, path)
            case ScopeKind.SHARED:
                return self._shared(scope, value, path)
        return None

    # --- steps by name -----------------------------------------------------------------------------

    def _node(self, node: Node, value: Value, path: Path) -> tuple[list[Step], Value]:
        if node.op.kind == "input":
            return [], value
        if node.op.merge:
            branches = [Body([From(operand)]) for operand in node.operands]
            return [Merge(node.op.kind, branches, values=(node.id,))], node.id
        wanted = Wanted((*path, node.name), _has_weights(node, self.places)) if node.name is not None else None
        arguments = {name: argument_of(node.op, name) for name in type(node.op).model_fields}
        return [Call(node.op.kind, node, arguments=arguments, values=(node.id,), wanted=wanted)], node.id

    def _call(self, scope: Scope, call: BlockCall, path: Path) -> tuple[list[Step], Value]:
        given = {name: Kept(node) for name, node in zip(call.block.sources, call.sources, strict=True)}
        step = Call(
            call.block,
            arguments={**given, **call.arguments},
            values=call.outputs,
            wanted=self._wanted(scope, path),
        )
        return [step], call.outputs[0] if len(call.outputs) == 1 else None

    def _wanted(self, scope: Scope, path: Path) -> Wanted:
        graph = self.places.graph
        return Wanted((*path, scope.name or ""), any(_has_weights(graph.node(n), self.places) for n in scope.nodes()))

    # --- constructs --------------------------------------------------------------------------------

    def _braces(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        if not scope.name:
            return None
        word = "stage" if scope.kind is ScopeKind.STAGE else ""
        body, result = self.names(scope, value, numbered=scope.numbered)
        step = Braces(word, scope.name, body, values=_values(result), wanted=Wanted((*path, scope.name), True))
        return [step], result

    def _region(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value]:
        body, result = self.body(scope, value, path)
        return [Braces("region", scope.title or "", body, values=_values(result))], result

    def _repeat(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        turns = patterns.iterations(scope)
        if turns is None:
            return None
        bodies: list[Body] = []
        for turn in turns:
            if not self.places.empty(turn):
                need = self.need(turn)
                start = [From(need)] if need is not None and need != value else []
                body, value = self.body(turn, need if start else value, path)
                body.steps[:0] = start
                bodies.append(body)
        return [Repeat(bodies, values=_values(value))], value

    def _residual(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        parts = patterns.residual(self.places, scope)
        if parts is None:
            return None
        main, _ = self.body(parts.main, value, path, parts.main_value)
        step = Residual(scope, main, ends=(self._ends(value, parts.main_value),))
        self._shortcut(step, parts, value, path)
        if parts.gate is not None:
            step.gate, _ = self.body(parts.gate, value, path, parts.gate_value)
        if parts.carry is not None:
            step.carry, _ = self.body(parts.carry, value, path, parts.carry_value)
        clause = self.schedules.clauses.get(scope)
        if clause is not None:
            step.survival = (clause.per, clause.rescale)
            step.arguments["survival"] = exact(clause.chance)
        result = next(item for item in reversed(scope.items) if not isinstance(item, Scope))
        step.values = (result,)
        return [step], result

    def _shortcut(self, step: Residual, parts: Parts, value: Value, path: Path) -> None:
        if self.places.empty(parts.shortcut):
            if parts.shortcut_value != value:
                step.shortcut = Body([From(parts.shortcut_value)], naming=True, numbered=True)
            return
        item = parts.shortcut.items[0]
        step.single = not isinstance(item, Scope)
        if isinstance(item, Scope):
            start: list[Step] = []
            need = self.need(item)
            if need is not None and need != value:
                start, value = [From(need)], need
            step.shortcut, _ = self.names(item, value, numbered=True, end=parts.shortcut_value)
            step.shortcut.steps[:0] = start
            step.wanted = self._wanted(item, path)
        else:
            steps, _ = self.sequence([item], value)
            step.shortcut = Body(steps)
            step.wanted = steps[-1].wanted

    def _ends(self, source: Value, result: int) -> tuple[int, int, bool]:
        assert source is not None
        one, other = self.places.graph.node(source), self.places.graph.node(result)
        moved = len(one.stride) == len(other.stride) and one.stride != other.stride
        return one.shape.channels, other.shape.channels, moved

    def _dense(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        joined = patterns.dense(self.places, scope)
        if joined is None or not isinstance(scope.items[0], Scope):
            return None
        body, _ = self.body(scope.items[0], value, path, joined.operands[1])
        return [Dense(body, values=(joined.id,))], joined.id

    def _merge(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value] | None:
        found = patterns.merge(self.places, scope)
        if found is None:
            return None
        branches: list[Body] = []
        for inner, operand in zip(found.scopes, found.node.operands, strict=True):
            body, _ = self.body(inner, value, path, operand)
            branches.append(body if body.steps or operand in self._given else Body([From(operand)]))
        return [Merge(found.node.op.kind, branches, values=(found.node.id,))], found.node.id

    def _aux(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value]:
        inside = self.places.inside(scope)
        head = next((aux for aux in self.places.graph.aux if aux.node in inside), None)
        steps, result = self.sequence(scope.items, value, path)
        if head is None or len(steps) != 1 or not isinstance(steps[0], Call | Braces):
            raise InternalError(f"the auxiliary head {scope.title!r} is no single step")
        if result != head.node and isinstance(steps[0], Braces):
            steps[0].body.steps.append(From(head.node))
        steps[0].wanted = Wanted((head.name,), True)
        arguments = {} if head.weight is None else {"weight": exact(head.weight)}
        return [Aux(Body(steps), arguments=arguments)], value

    def _shared(self, scope: Scope, value: Value, path: Path) -> tuple[list[Step], Value]:
        if scope.alias_of is not None and not self.places.alike(scope, scope.alias_of):
            raise CompileError(_differing(self.places, scope, scope.alias_of))
        self._given.append(value)
        steps, result = self.sequence(scope.items, value, path)
        self._given.pop()
        if len(steps) != 1 or not isinstance(steps[0], Call | Braces) or scope.home is None:
            raise InternalError(f"the shared step {scope.title!r} is no single step")
        for inner in steps[0].bodies():
            inner.numbered = False
            self._keep_given(inner, value)
        known = self._declared.setdefault(scope.home, [])
        declaration = next((one for one in known if one.name == scope.title), None)
        if declaration is None:
            declaration = Declaration(scope.title or "", steps[0])
            known.append(declaration)
        return [Call(declaration, values=_values(result))], result

    def _keep_given(self, body: Body, value: Value) -> None:
        """What a shared step is given has a name of its own there, under an id that no node has."""
        reads = [step for step in walk(body) if isinstance(step, From) and step.node == value]
        if value is None or not reads:
            return
        own = len(self.places.graph) + value
        for step in reads:
            step.node = own
        body.steps.insert(0, Keep((own,)))


def _differing(places: Places, use: Scope, first: Scope) -> Report:
    """Two uses of a shared step that do different things: a declaration made from the graph would be of one alone."""
    report = Report()
    report.add(
        Diagnostic(
            "E601",
            f"no text can be made of the shared step `{use.title}`, for this use of it differs from the first",
            Label(use.span),
            secondary=(Label(first.span, "the first use"),),
            notes=(places.difference(first, use),),
            help="let the shared step end before what differs, and write that behind each use",
        )
    )
    return report


def _values(result: Value) -> tuple[int, ...]:
    return () if result is None else (result,)


def _has_weights(node: Node, places: Places) -> bool:
    return bool(node.op.weights(places.graph.shapes(node)))
