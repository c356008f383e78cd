"""Constructs around steps: braces, repeats, stages, dense connections, kept values, auxiliary heads."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Diagnostic, Fault, Label
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.context import Current, Place, Several
from resdsl.elaborate.flow import one_value, run_body, run_container, run_contents, run_step
from resdsl.elaborate.labels import label_text, name_container
from resdsl.elaborate.state import Elaboration, OutsideUse
from resdsl.elaborate.statements import check_clash, reference
from resdsl.elaborate.values import UNKNOWN, Kept, Unknown
from resdsl.graph import AuxOutput, Node, Scope, ScopeKind
from resdsl.shapes import Shape
from resdsl.source import Span
from resdsl.syntax import tree


def run_braces(run: Elaboration, unit: tree.Body, place: Place, value: Current) -> Current:
    scope = run.open(ScopeKind.BRACES, place.scope, unit.span, value)
    return run.close(scope, run_body(run, unit, place.inside(scope), value))


def repeat_count(run: Elaboration, unit: tree.Repeat, place: Place) -> int | None:
    """How often; `None` where that is in error."""
    count = run.evaluator.evaluate(unit.count, place)
    if count is UNKNOWN:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        negative = isinstance(count, int) and not isinstance(count, bool)
        run.evaluator.error(
            "E209",
            f"a step is repeated a whole number of times, not {described(count)}",
            unit.count.span,
            place,
            help="0 is the least; `require` can say which values are meant" if negative else None,
        )
        return None
    return count


def run_repeat(run: Elaboration, unit: tree.Repeat, place: Place, value: Current) -> Current:
    count = repeat_count(run, unit, place)
    if count is None:
        return UNKNOWN
    repeat = run.open(ScopeKind.REPEAT, place.scope, unit.span, value)
    repeat.count = count
    for index in range(count):
        inner, scope = iteration(run, unit, repeat, place, value, index)
        value = run.close(scope, run_contents(run, unit.unit, inner, value))
        if place.activation.failed:
            return UNKNOWN
    return run.close(repeat, value)


def iteration(
    run: Elaboration, unit: tree.Repeat, repeat: Scope, place: Place, value: Current, index: int
) -> tuple[Place, Scope]:
    """The place of one repetition."""
    scope = run.open(ScopeKind.ITERATION, repeat, unit.unit.span, value)
    inner = place.inside(scope)
    inner.first = index == 0
    return inner, scope


def run_stage(run: Elaboration, unit: tree.Stage, place: Place, value: Current) -> Current:
    named = name_container(run, unit.label, place)
    named.numbered = True
    return run_container(run, ScopeKind.STAGE, named, unit.unit, place, value, unit.span)


def run_region(run: Elaboration, unit: tree.Region, place: Place, value: Current) -> Current:
    title = ".".join(label_text(run, unit.name, place))
    scope = run.open(ScopeKind.REGION, place.scope, unit.span, value, title=title)
    return run.close(scope, run_contents(run, unit.unit, place.inside(scope), value))


def run_dense(run: Elaboration, unit: tree.Dense, place: Place, value: Current) -> Current:
    """`concat(x, f(x))`."""
    scope = run.open(ScopeKind.DENSE, place.scope, unit.span, value)
    main = run.open(ScopeKind.MAIN, scope, unit.body.span, value)
    source = one_value(run, value, unit.span, place)
    result = run.close(main, run_body(run, unit.body, place.inside(main), value))
    added = one_value(run, result, unit.body.span, place)
    if not (isinstance(source, Node) and isinstance(added, Node)):
        return UNKNOWN
    try:
        node = run.add(run.plain("concat"), (source, added), place, scope, None, unit.span)
    except Fault as fault:
        from resdsl.elaborate.differences import origins  # not at the top: most nets fit

        run.evaluator.error(
            fault.code,
            f"the braces give {added.shape}, and the value before, {source.shape}, has another size",
            unit.span,
            place,
            label=f"the value before is {source.shape}",
            secondary=origins(run.graph, main, added, Shape(added.shape.channels, source.shape.size), "the branch"),
            notes=["`dense { f }` joins the channels of x and f(x), so that f keeps the size of x"],
            help="leave stride and pooling out of the braces: a transition between dense stages has them",
        )
        return UNKNOWN
    return run.close(scope, node)


# --- kept values ---------------------------------------------------------------------------------


def run_keep(run: Elaboration, unit: tree.Keep, place: Place, value: Current) -> Current:
    values: tuple[Node | Unknown, ...]
    if isinstance(value, Several):
        values = value.values
    elif value is UNKNOWN:
        values = (UNKNOWN,) * len(unit.names)
    else:
        values = (one_value(run, value, unit.span, place),)
    if len(values) != len(unit.names):
        run.evaluator.error(
            "E405",
            f"{len(unit.names)} name{'s' * (len(unit.names) > 1)} for {len(values)} value{'s' * (len(values) > 1)}",
            unit.span,
            place,
            help=f"the outputs are {', '.join(value.names)}" if isinstance(value, Several) else None,
        )
        values = (UNKNOWN,) * len(unit.names)
        value = UNKNOWN
    for text, node in zip(unit.names, values, strict=True):
        (name,) = label_text(run, text, place)
        if name.startswith("?") or not check_clash(run, name, text.span, place):
            continue
        if isinstance(node, Node):
            node.kept = node.kept or name
            place.activation.kept[name] = Kept(node, place.guard, text.span)
        else:
            place.activation.kept[name] = UNKNOWN
    return value


_PARTS = {ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY, ScopeKind.BRANCH, ScopeKind.AUX}


def run_from(run: Elaboration, unit: tree.From, place: Place, _value: Current) -> Current:
    # A scope that begins with `from` does not use the value on entry.
    scope: Scope | None = place.scope
    inner: Scope | None = None
    while scope is not None and scope.parent is not None and all(item is inner for item in scope.items):
        scope.inputs.clear()
        if scope.kind in _PARTS:
            break
        scope, inner = scope.parent, scope
    return reference(run, unit.ref, place, place.guard)


# --- auxiliary heads -----------------------------------------------------------------------------


def run_aux(run: Elaboration, unit: tree.Aux, place: Place, value: Current) -> Current:
    """Executes a head beside the trunk, which goes on unchanged."""
    weight = aux_weight(run, unit, place)
    scope = run.open(ScopeKind.AUX, place.scope, unit.span, value)
    inner = place.inside(scope)
    inner.residuals = run.residuals
    result = run.close(scope, run_step(run, unit.label, unit.unit, inner, value, counted=False))
    node = one_value(run, result, unit.span, place)
    if not isinstance(node, Node):
        return value
    if not scope.items:  # a `keep` or `from`, whose label is reported already
        return value
    first = scope.items[0]
    name = (first.title if first.kind is not ScopeKind.BLOCK else first.name) if isinstance(first, Scope) else None
    name = name or run.graph.node(node.id).name or ""
    if isinstance(first, Scope) and first.kind is ScopeKind.PATH:
        run.evaluator.error(
            "E416", "an auxiliary output has a plain name", unit.label.span, place, help="write the name without a dot"
        )
    scope.title = name
    for other in run.graph.aux:
        if other.name == name:
            first_one = [Label(other.scope.span, "the first one")]
            message = f"two auxiliary outputs are called `{name}`"
            run.evaluator.error("E416", message, unit.label.span, place, secondary=first_one)
    if place.guard is not None:
        dropped_head(run, unit.span, place)
    run.graph.aux.append(AuxOutput(name, node.id, weight, scope))
    return value


def dropped_head(run: Elaboration, span: Span, place: Place) -> None:
    guard = place.guard
    while guard is not None:
        diagnostic = Diagnostic(
            "E409",
            "an auxiliary head stands in a branch that may be dropped",
            Label(span),
            secondary=(Label(guard.residual.span, "this branch may be dropped"),),
            trace=place.activation.trace,
        )
        run.outside_uses.append(OutsideUse(guard.residual, diagnostic))
        guard = guard.parent


def aux_weight(run: Elaboration, unit: tree.Aux, place: Place) -> Fraction | None:
    if unit.weight is None:
        return None
    weight = run.evaluator.evaluate(unit.weight, place)
    if weight is UNKNOWN:
        return None
    if isinstance(weight, bool) or not isinstance(weight, int | Fraction):
        run.evaluator.error("E201", f"a loss weight is a number, not {described(weight)}", unit.weight.span, place)
        return None
    return Fraction(weight)


def run_contained_call(run: Elaboration, unit: tree.Call, place: Place, value: Current) -> Current:
    """A call whose label opens a numbered scope: the step stands in it."""
    return run_step(run, None, unit, place, value)
