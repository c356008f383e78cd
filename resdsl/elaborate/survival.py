"""Survival schedules: which residual units may be dropped in training, and with what probability."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Label
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.context import Current, Place
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration, UnitState
from resdsl.elaborate.values import Value
from resdsl.graph import Scope
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
        chance = checked_chance(run, constant, statement, place, f"unit {index} of {count}")
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


def checked_chance(
    run: Elaboration, value: Value, statement: tree.Survival, place: Place, unit: str | None
) -> Fraction | None:
    """The chance, if it is above 0 and at most 1; otherwise a report."""
    number = isinstance(value, int | Fraction) and not isinstance(value, bool)
    if number and 0 < value <= 1:  # type: ignore[operator]
        return Fraction(value)  # type: ignore[arg-type]
    at = f" at {unit}" if unit else ""
    run.evaluator.error(
        "E213",
        f"a survival is above 0 and at most 1, not {described(value)}{at}",
        statement.chance.span,
        place,
    )
    return None


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
