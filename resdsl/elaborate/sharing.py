"""`shared name: step`: one module, used in several places."""

from __future__ import annotations

from resdsl.diagnostics import Label
from resdsl.elaborate.context import Current, Place
from resdsl.elaborate.flow import run_block, run_body, run_operator, run_step
from resdsl.elaborate.labels import Named, claim
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration
from resdsl.elaborate.values import UNKNOWN, BlockValue, OperatorValue, SharedValue
from resdsl.graph import Scope, ScopeKind
from resdsl.ops.base import Weight
from resdsl.syntax import tree


def run_declaration(run: Elaboration, stmt: tree.Shared, place: Place, value: Current) -> Current:
    """Takes the name here, with the defaults that hold here; nothing is executed yet."""
    claim(run, place.namer, stmt.name.name, stmt.name.span, place)
    declared = place.inside()
    place.env.variables[stmt.name.name] = SharedValue(stmt, declared)
    return value


def run_use(
    run: Elaboration,
    call: tree.Call,
    shared: SharedValue,
    label: tree.Label | None,
    place: Place,
    value: Current,
) -> Current:
    """Executes the declared step on the current value; uses after the first have the weights of the first."""
    name = shared.declaration.name.name
    if label is not None:
        run.evaluator.error("E106", f"`{name}` has its name from its declaration", label.span, place)
    if call.args:
        run.evaluator.error("E123", f"`{name}` is a shared step and takes no arguments", call.args[0].span, place)
    declared = shared.context
    assert isinstance(declared, Place)
    scope = run.open(ScopeKind.SHARED, place.scope, call.span, value, title=name, site=shared.declaration.span)
    scope.home = declared.scope.naming
    inner = declared.inside(scope)
    inner.guard = place.guard
    inner.first = None
    inner.residuals = run.residuals
    inner.value = value
    result = run.close(scope, run_content(run, shared.declaration, inner, value))
    if result is UNKNOWN:
        return UNKNOWN
    if shared.first is None:
        shared.first = scope
    elif not share(run, shared.first, scope, call, place):
        return UNKNOWN
    return result


def run_content(run: Elaboration, declaration: tree.Shared, place: Place, value: Current) -> Current:
    """The step, under the declared name, which is already taken."""
    unit = declaration.unit
    named = Named(place.scope, place.namer, declaration.name.name)
    if isinstance(unit, tree.Call):
        try:
            callee = run.evaluator.lookup(unit.name.name, unit.name.span, place)
        except Failed:
            return UNKNOWN
        if isinstance(callee, OperatorValue):
            return run_operator(run, unit, callee, place.scope, named.name, place, value)
        if isinstance(callee, BlockValue):
            return run_block(run, unit, callee, named, place, value)
        return run_step(run, None, unit, place, value)
    scope = run.open(ScopeKind.LABEL, place.scope, unit.span, value, name=named.name, title=named.name)
    inner = place.inside(scope, place.namer.under(named.name, numbered=False))
    if isinstance(unit, tree.Body):
        return run.close(scope, run_body(run, unit, inner, value))
    inner.residuals = run.residuals
    return run.close(scope, run_step(run, None, unit, inner, value))


def share(run: Elaboration, first: Scope, use: Scope, call: tree.Call, place: Place) -> bool:
    """Gives a later use the weights of the first; false, with a report, where their shapes differ."""
    graph = run.graph
    theirs = [graph.node(id) for id in first.nodes()]  # noqa: A001 - the field's name
    ours = [graph.node(id) for id in use.nodes()]  # noqa: A001 - as above
    shapes = [
        [n.op.weights(graph.shapes(n)) for n in nodes if n.op.weights(graph.shapes(n))] for nodes in (theirs, ours)
    ]
    if shapes[0] != shapes[1]:
        run.evaluator.error(
            "E412",
            f"this use of `{call.name.name}` needs weights of other shapes than the first",
            call.span,
            place,
            secondary=[Label(first.span, "the first use")],
            notes=[different_weights(*shapes)],
        )
        return False
    use.alias_of = first
    for mine, other in zip(use.items, first.items, strict=False):
        if isinstance(mine, Scope) and isinstance(other, Scope):
            mine.alias_of = other
    for node, origin in zip(ours, theirs, strict=False):
        if node.op == origin.op:
            node.alias_of = origin.id
    return True


def different_weights(first: list[tuple[Weight, ...]], here: list[tuple[Weight, ...]]) -> str:
    """The first weight that differs between two uses."""
    for theirs, ours in zip(first, here, strict=False):
        for one, other in zip(theirs, ours, strict=False):
            if one != other:
                sizes = ("x".join(map(str, weight.shape)) for weight in (one, other))
                return f"{one.name or 'its parameter'} is {' there, and '.join(sizes)} here"
    return f"it has {sum(map(len, first))} weights there, and {sum(map(len, here))} here"
