"""`expect`: a spec states its paper's figures, and they are checked."""

from __future__ import annotations

from fractions import Fraction

from resdsl.analysis.metrics import METRICS, Metrics, metrics
from resdsl.diagnostics import Fault
from resdsl.diagnostics.suggest import replacement, respelling
from resdsl.elaborate.arithmetic import binary
from resdsl.elaborate.context import Context, Home, file_context
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.state import Elaboration
from resdsl.elaborate.values import UNKNOWN, Size, Value, is_whole, show, whole
from resdsl.shapes import Shape
from resdsl.syntax import tree

SUFFIXES = {"K": 10**3, "M": 10**6, "G": 10**9}


def check_expects(run: Elaboration, variant: tuple[tree.Variant, Home] | None) -> None:
    """Checks the `expect`s of the model's body and of the variant that is built."""
    stated: list[tuple[tree.Expect, Context]] = list(run.expects)
    if variant is not None and variant[0].body is not None:
        context = file_context(variant[1])
        stated.extend((stmt, context) for stmt in variant[0].body.stmts if isinstance(stmt, tree.Expect))
    if not stated:
        return
    found = metrics(run.graph)
    for stmt, context in stated:
        check_expect(run, stmt, context, found)


def check_expect(run: Elaboration, stmt: tree.Expect, context: Context, found: Metrics) -> None:
    evaluator = run.evaluator
    name = stmt.metric.name
    if name not in METRICS:
        unknown_metric(evaluator, stmt)
        return
    wanted = evaluator.evaluate(stmt.value, context)
    if wanted is UNKNOWN:
        return
    actual = metric_value(found, name)
    if stmt.op == "~":
        holds = isinstance(stmt.value, tree.Number) and about(actual, stmt.value)
    else:
        try:
            holds = bool(binary(stmt.op, actual, wanted, evaluator.limits))
        except Fault as fault:
            evaluator.fault(fault, stmt.span, context)
            return
    if holds:
        return
    report_figure(run, stmt, context, actual, wanted)


def report_figure(run: Elaboration, stmt: tree.Expect, context: Context, actual: Value, wanted: Value) -> None:
    """A figure that is not the stated one: both, the difference, what it is made of, and what would explain it."""
    from resdsl.elaborate.figures import (  # not at the top: most figures are right
        difference_note,
        figure,
        likely_cause,
        parts_note,
    )

    name = stmt.metric.name
    stated = stmt.value.text if isinstance(stmt.value, tree.Number) else show(wanted)
    relation = "" if stmt.op == "==" else f"{stmt.op} "
    notes = [difference_note(actual, wanted) if name != "output" else None, parts_note(run.graph, name)]
    if stmt.op == "~" and isinstance(stmt.value, tree.Number):
        half = printed_unit(stmt.value.text) / 2
        low, high = (figure(whole(stmt.value.value + side)) for side in (-half, half))
        notes.append(f"{stated} stands for {low} to {high}")
    cause = likely_cause(run.graph, name, actual, wanted) if stmt.op == "==" else None
    exact = stmt.op == "==" and is_whole(actual) and isinstance(stmt.value, tree.Number)
    run.evaluator.error(
        "E212",
        f"{name} is {shown(actual)}, and {relation}{stated} is expected",
        stmt.span,
        context,
        notes=[note for note in notes if note],
        help=cause or "either the net or the figure is not the one that was meant",
        fixes=[replacement(stmt.value.span, f"{actual:_}", safe=False)] if exact else (),
    )


def unknown_metric(evaluator: Evaluator, stmt: tree.Expect) -> None:
    name, span = stmt.metric.name, stmt.metric.span
    near = respelling(name, span, METRICS, f"there are {', '.join(METRICS)}")
    evaluator.error("E117", f"there is no metric `{name}`", span, **near)


def metric_value(found: Metrics, name: str) -> Value:
    value: int | tuple[Shape, ...] = getattr(found, name)
    if isinstance(value, int):
        return value
    shapes: list[Value] = [shape.channels if not shape.size else Size(shape.full) for shape in value]
    return shapes[0] if len(shapes) == 1 else tuple(shapes)


def shown(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) else show(value)


def about(actual: Value, stated: tree.Number) -> bool:
    """Whether a figure rounds to the printed one: within half a unit of its last printed digit."""
    if not isinstance(actual, int):
        return False
    difference: int | Fraction = actual - stated.value
    unit = printed_unit(stated.text)
    return -unit <= 2 * difference <= unit


def printed_unit(text: str) -> Fraction:
    """The worth of the last digit of a number as printed: `25.6M` gives 100,000."""
    digits = text.replace("_", "").upper()
    unit = Fraction(SUFFIXES.get(digits[-1], 1))
    digits = digits.rstrip("KMG")
    mantissa, _, exponent = digits.partition("E")
    _, _, decimals = mantissa.partition(".")
    power = int(exponent or 0) - len(decimals)
    return unit / 10**-power if power < 0 else unit * Fraction(10**power)
