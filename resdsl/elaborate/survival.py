"""Survival schedules: which residual units may be dropped in training, and with what probability."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Label
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.context import Current, Place
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration, UnitState
from resdsl.elaborate.values import Value, show
from resdsl.graph import Scope, ScopeKind
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax import tree


def run_survival(run: Elaboration, stmt: tree.Survival, place: Place, value: Current) -> Current:
    """A `survival` statement: settled when its braces are done and its units are known."""
    if place.schedule is not None:
        run.evaluator.error(
            "E417",
            "these braces have a survival statement already",
            stmt.span,
            place,
            secondary=[Label(place.schedule.span, "the first one")],
        )
    elif run.residuals > place.residuals:
        run.evaluator.error(
            "E408",
            "a survival statement comes before every residual of its braces",
            stmt.span,
            place,
            help="for one residual, write the clause on its own line: `residual { ... } survival P`",
        )
    else:
        place.schedule = stmt
    return value


def settle_schedule(run: Elaboration, place: Place, first_unit: int) -> None:
    """Evaluates a statement for the units of its scope that nothing inside has settled."""
    statement = place.schedule
    assert statement is not None
    states = run.unit_states[first_unit:]
    count = len(states)
    constant: Value = None
    varies = mentions_index(statement.chance)
    for index, state in enumerate(states, 1):
        if state.settled:
            continue
        state.settled = True
        try:
            if varies or constant is None:
                variables: dict[str, Value] = {"l": index, "L": count}
                constant = run.evaluator.value(statement.chance, place.binding(variables))
        except Failed:
            return
        chance = checked_chance(run, constant, statement, place, Unit(state.scope, index, count))
        if chance is None:
            return
        apply_chance(run, state.scope, state.residual, chance, statement, place)


def mentions_index(expr: tree.Expr) -> bool:
    """Whether the text of an expression could depend on `l` or `L`: when in doubt, yes."""
    return not isinstance(expr, tree.Number)


def settle_clause(run: Elaboration, state: UnitState | None, scope: Scope, unit: tree.Residual, place: Place) -> None:
    """Evaluates the clause of one residual, which may be a unit that wraps others."""
    clause = unit.survival
    assert clause is not None
    if state is not None:
        state.settled = True
    try:
        value = run.evaluator.value(clause.chance, place)
    except Failed:
        return
    chance = checked_chance(run, value, clause, place, None)
    if chance is not None:
        apply_chance(run, scope, unit, chance, clause, place)


class Unit(Record):
    """A residual unit of a schedule: its place among them, from 1."""

    scope: Scope
    index: int
    count: int


def checked_chance(
    run: Elaboration, value: Value, statement: tree.Survival, place: Place, unit: Unit | None
) -> Fraction | None:
    """The chance, if it is above 0 and at most 1; otherwise a report."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool) and 0 < value <= 1:
        return Fraction(value)
    run.evaluator.error(
        "E213",
        f"a survival is above 0 and at most 1, and this is {described(value)}{at_unit(unit)}",
        statement.chance.span,
        place,
        secondary=[Label(seen_from(unit.scope, statement), f"unit {unit.index}, the first outside")] if unit else (),
        notes=[f"there, l = {unit.index} and L = {unit.count}"] if unit and mentions_index(statement.chance) else (),
        help=chance_help(value, unit),
    )
    return None


def seen_from(scope: Scope, statement: tree.Survival) -> Span:
    """Where a unit stands in the file of the statement: itself, or the call that leads to it."""
    source = statement.span.source
    return next((above.span for above in scope.ancestors() if above.span.source is source), scope.span)


def at_unit(unit: Unit | None) -> str:
    """Which unit of a schedule: its place, its name, and the repetition that it stands in."""
    if unit is None:
        return ""
    named = f", {unit.scope.path}" if unit.scope.path else ""
    above = next((s for s in unit.scope.ancestors() if s.kind is ScopeKind.ITERATION and s.parent is not None), None)
    repeated = ""
    if above is not None and above.parent is not None and above.parent.count:
        turn = next(turn for turn, item in enumerate(above.parent.items, 1) if item is above)
        repeated = f" (repetition {turn} of {above.parent.count})"
    return f" at unit {unit.index} of {unit.count}{named}{repeated}"


def chance_help(value: Value, unit: Unit | None) -> str | None:
    """What a person probably wanted to write."""
    if not isinstance(value, int | Fraction) or isinstance(value, bool):
        return "a survival is a probability, such as `survival 0.8`"
    if unit is None and 2 <= value <= 100:
        return f"percent are hundredths: `survival {show(Fraction(value) / 100)}`"
    if value <= 0:
        return "a linear decay to p > 0 is `1 - l / L * (1 - p)`, for example `1 - l / L * 0.5`"
    return "the chance of a unit is the probability that it is executed: 1 is always"


def apply_chance(
    run: Elaboration, scope: Scope, unit: tree.Residual, chance: Fraction, statement: tree.Survival, place: Place
) -> None:
    """Gives a unit its survival, unless its gate has a `carry` of its own, for which it has no meaning."""
    if chance < 1 and unit.carry is not None:
        run.evaluator.error(
            "E410",
            "a residual with its own `carry` cannot be dropped",
            unit.carry.span,
            place,
            secondary=[Label(statement.span, "this gives it a survival below 1")],
            help="leave out `carry` (it is then 1 - gate), or give this residual `survival 1`",
        )
        return
    run.settle(scope, chance, statement)
