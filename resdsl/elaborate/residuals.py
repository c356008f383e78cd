"""Residuals: a main branch, what it is added to, and the gate between them."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.diagnostics import Fault, Label
from resdsl.elaborate.context import Current, Env, Guard, Place
from resdsl.elaborate.flow import not_a_step, one_value, run_block, run_body, run_operator
from resdsl.elaborate.labels import Named, claim, label_text
from resdsl.elaborate.naming import Namer
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration, UnitState, stride_between
from resdsl.elaborate.survival import settle_clause
from resdsl.elaborate.values import (
    UNKNOWN,
    BlockValue,
    End,
    OperatorValue,
    SharedValue,
    Unknown,
    Value,
)
from resdsl.graph import Node, Scope, ScopeKind
from resdsl.shapes import Shape
from resdsl.syntax import tree

DOWNSAMPLE = "downsample"
IDENTITY = OperatorValue("identity")

Policy = tree.Body | BlockValue | OperatorValue | SharedValue | None


def run_residual(run: Elaboration, unit: tree.Residual, place: Place, value: Current) -> Current:
    policy = resolve_policy(run, unit, place)
    scope = run.open(ScopeKind.RESIDUAL, place.scope, unit.span, value)
    source = one_value(run, value, unit.span, place)
    if policy is None and unit.shortcut is not None:
        return run.close(scope, run_plain(run, unit, place, scope, source))
    if unit.carry is not None and unit.gate is None:
        run.evaluator.error("E411", "a `carry` needs a `gate`", unit.carry.span, place)
    begun = run.residuals
    run.residuals += 1
    guard = Guard(scope, place.guard)
    main = run_part(run, ScopeKind.MAIN, unit.main, place, guard, source)
    parts: list[Node | Unknown] = [main, run_shortcut(run, unit, policy, place, guard, source, main)]
    for kind, body in ((ScopeKind.GATE, unit.gate), (ScopeKind.CARRY, unit.carry)):
        if body is not None:
            parts.append(run_part(run, kind, body, place, guard, source))
    note_unit(run, unit, place, scope, innermost=run.residuals == begun + 1)
    nodes = [part for part in parts if isinstance(part, Node)]
    if len(nodes) < len(parts):
        return UNKNOWN
    try:
        return run.close(scope, combine(run, unit, place, scope, nodes))
    except Fault as fault:
        report_shapes(run, unit, place, scope, fault, nodes)
        return UNKNOWN


def run_plain(
    run: Elaboration, unit: tree.Residual, place: Place, scope: Scope, source: Node | Unknown
) -> Node | Unknown:
    """`shortcut none`: the main branch alone, without a unit."""
    assert unit.shortcut is not None
    for clause, word in ((unit.gate, "gate"), (unit.carry, "carry")):
        if clause is not None:
            message = f"`shortcut none` leaves nothing for the {word} to weigh"
            run.evaluator.error("E411", message, unit.shortcut.span, place, secondary=[Label(clause.span)])
            return UNKNOWN
    if unit.survival is not None:
        chance = run.evaluator.evaluate(unit.survival.chance, place)
        if chance is not UNKNOWN and chance != 1:
            message = "with `shortcut none` nothing would be left of a branch that does not survive"
            run.evaluator.error("E411", message, unit.survival.span, place)
    main = run.open(ScopeKind.MAIN, scope, unit.main.span, source)
    result = run.close(main, run_body(run, unit.main, place.inside(main), source))
    return one_value(run, result, unit.main.span, place)


def run_part(
    run: Elaboration, kind: ScopeKind, body: tree.Body, place: Place, guard: Guard, source: Node | Unknown
) -> Node | Unknown:
    """The main branch, the gate or the carry: named in the enclosing scope, absent where the unit is dropped."""
    scope = run.open(kind, guard.residual, body.span, source)
    inner = place.inside(scope)
    inner.guard = guard
    return one_value(run, run.close(scope, run_body(run, body, inner, source)), body.span, place)


def note_unit(run: Elaboration, unit: tree.Residual, place: Place, scope: Scope, *, innermost: bool) -> None:
    """An innermost unit counts; one that wraps others is dropped by its own clause only."""
    state: UnitState | None = None
    if innermost:
        state = UnitState(scope, unit, settled=False)
        run.unit_states.append(state)
        run.graph.units.append(scope)
    if unit.survival is not None:
        settle_clause(run, state, scope, unit, place)


def combine(run: Elaboration, unit: tree.Residual, place: Place, scope: Scope, nodes: Sequence[Node]) -> Node:
    """The addition, weighed by the gate if there is one. Raises `Fault`."""

    def add(kind: str, *operands: Node) -> Node:
        return run.add(run.plain(kind), operands, place, scope, None, unit.span)

    main, shortcut = nodes[0], nodes[1]
    if unit.gate is None:
        return add("add", main, shortcut)
    gate = nodes[2]
    weighed = add("mul", gate, main)
    carry = nodes[3] if unit.carry is not None else add("complement", gate)
    return add("add", weighed, add("mul", carry, shortcut))


def report_shapes(
    run: Elaboration, unit: tree.Residual, place: Place, scope: Scope, fault: Fault, nodes: Sequence[Node]
) -> None:
    """The primary place is the `shortcut` clause where there is one, else the whole residual."""
    from resdsl.elaborate.differences import (  # not at the top: most residuals fit
        difference,
        missing_shortcut,
        origins,
        strides_said,
        unfit_shortcut,
    )

    main, shortcut = nodes[0], nodes[1]
    if main.shape == shortcut.shape:
        report_gate(run, unit, place, fault, nodes)
        return
    clause = unit.shortcut
    source = run.graph.node(scope.inputs[0]) if scope.inputs else shortcut
    given = "the shortcut gives" if clause is not None else "the value before is"
    parts = [item for item in scope.items if isinstance(item, Scope)]
    labels = origins(run.graph, parts[0], main, shortcut.shape, "the branch")
    if clause is not None and shortcut is not source:
        labels += origins(run.graph, parts[1], shortcut, main.shape, "the shortcut")
    if not labels:
        labels.append(Label(unit.main.span, f"the branch gives {main.shape}"))
    ends = (("the branch", main), ("the shortcut", shortcut))
    strides = strides_said(source, ends) if main.shape.size != shortcut.shape.size else ""
    notes = [f"they differ in {difference(main.shape, shortcut.shape)}{strides and ': ' + strides}"]
    if shortcut is source:
        remedy = missing_shortcut(unit, place.home, source, main)
    else:
        remedy = unfit_shortcut(place.home, source, main, shortcut)
    run.evaluator.error(
        fault.code,
        f"the branch gives {main.shape}, the shortcut {shortcut.shape}",
        unit.span if clause is None else clause.span,
        place,
        label=f"{given} {shortcut.shape}",
        secondary=labels,
        notes=notes,
        help=remedy.help,
        fixes=remedy.fixes,
    )


def report_gate(run: Elaboration, unit: tree.Residual, place: Place, fault: Fault, nodes: Sequence[Node]) -> None:
    """A gate or carry that weighs something of another shape."""
    from resdsl.elaborate.differences import difference  # not at the top: most gates fit

    main = nodes[0].shape
    bodies = (("gate", unit.gate), ("carry", unit.carry))
    written = [(word, body) for word, body in bodies if body is not None]
    for (word, body), node in zip(written, nodes[2:], strict=True):
        if node.shape != main:
            run.evaluator.error(
                fault.code,
                f"the branch gives {main}, the {word} {node.shape}",
                body.span,
                place,
                label=f"the {word} gives {node.shape}",
                secondary=[Label(unit.main.span, f"the branch gives {main}")],
                notes=[f"they differ in {difference(main, node.shape)}", "a gate weighs each element of the branch"],
                help=f"make it {main}, or {Shape(main.channels, (1,) * main.dims)} to weigh whole channels",
            )
            return


# --- shortcuts -----------------------------------------------------------------------------------


def resolve_policy(run: Elaboration, unit: tree.Residual, place: Place) -> Policy | Unknown:
    """What stands after `shortcut`: braces, a callable, or `None` for `none`; `UNKNOWN` where it is in error."""
    if unit.shortcut is None:
        return IDENTITY
    policy = unit.shortcut.policy
    if isinstance(policy, tree.Body):
        return policy
    try:
        value = run.evaluator.lookup(policy.name.name, policy.name.span, place)
    except Failed:
        return UNKNOWN
    if value is None or isinstance(value, BlockValue | OperatorValue | SharedValue):
        return value
    not_a_step(run, policy, value, place)
    return UNKNOWN


def run_shortcut(
    run: Elaboration,
    unit: tree.Residual,
    policy: Policy | Unknown,
    place: Place,
    guard: Guard,
    source: Node | Unknown,
    main: Node | Unknown,
) -> Node | Unknown:
    clause = unit.shortcut
    span = clause.span if clause is not None else unit.span
    scope = run.open(ScopeKind.SHORTCUT, guard.residual, span, source)
    if policy is UNKNOWN:
        return UNKNOWN
    if policy == IDENTITY and isinstance(policy, OperatorValue):
        run.close(scope, source)
        return source
    assert clause is not None
    inner = place.inside(scope)
    inner.guard = guard
    ends = branch_ends(source, main)
    inner.env = Env(place.env, dict(ends))
    inner.value = source
    named = shortcut_name(run, clause, inner)
    result = run_policy(run, clause, policy, named, inner, source, ends)
    settle_name(run, clause, named, place, scope)
    return one_value(run, run.close(scope, result), span, place)


def branch_ends(source: Node | Unknown, main: Node | Unknown) -> dict[str, Value]:
    """`in` and `out`, as a policy sees them."""
    if not (isinstance(source, Node) and isinstance(main, Node)):
        return {"in": UNKNOWN, "out": UNKNOWN}
    return {
        "in": End(source.shape, 1),
        "out": End(main.shape, stride_between(source, main)),
    }


def shortcut_name(run: Elaboration, clause: tree.Shortcut, place: Place) -> Named:
    """The name that the shortcut will have if anything stands in it."""
    namer = place.namer
    if clause.label is None or clause.label.name is None:
        count = namer.shortcuts + 1
        name = DOWNSAMPLE if count == 1 else f"{DOWNSAMPLE}{count}"
    else:
        name = label_text(run, clause.label.name, place)[0]
    return Named(place.scope, namer, name, clause.label is not None and clause.label.numbered)


def run_policy(
    run: Elaboration,
    clause: tree.Shortcut,
    policy: Policy | Unknown,
    named: Named,
    place: Place,
    source: Node | Unknown,
    ends: dict[str, Value],
) -> Current:
    call = clause.policy
    if isinstance(call, tree.Body):
        scope = run.open(
            ScopeKind.LABEL, place.scope, call.span, source, name=named.name, numbered=True, title=named.name
        )
        inner = place.inside(scope, named.namer.under(named.name, numbered=True))
        return run.close(scope, run_body(run, call, inner, source))
    if named.numbered:
        # `shortcut x[]: step`: the step stands in a numbered scope.
        outer = run.open(
            ScopeKind.LABEL, place.scope, call.span, source, name=named.name, numbered=True, title=named.name
        )
        namer: Namer = named.namer.under(named.name, numbered=True)
        kind = policy.kind if isinstance(policy, OperatorValue) else call.name.name
        named = Named(outer, namer, namer.unlabelled(kind))
        place = place.inside(outer, namer)
    match policy:
        case OperatorValue():
            return run_operator(run, call, policy, named.parent, named.name, place, source)
        case BlockValue():
            return run_block(run, call, policy, named, place, source, ends=ends)
    run.evaluator.error("E114", "a shared step cannot be a shortcut", call.span, place)
    return UNKNOWN


def settle_name(run: Elaboration, clause: tree.Shortcut, named: Named, place: Place, scope: Scope) -> None:
    """A shortcut in which nothing stands has no contents and claims no name."""
    if next(scope.nodes(), None) is None:
        scope.items.clear()
        return
    if clause.label is None or clause.label.name is None:
        place.namer.shortcuts += 1
    claim(run, place.namer, named.name, clause.span if clause.label is None else clause.label.span, place)
