"""Execution of sequences: statements, steps, calls of operators and blocks."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Fault, Frame, Label
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.binding import missing, missing_help, missing_message
from resdsl.elaborate.context import TRACE_LENGTH, Activation, Current, Env, Place, Several
from resdsl.elaborate.labels import Named, name_call, name_container
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Applied, Elaboration
from resdsl.elaborate.survival import settle_schedule
from resdsl.elaborate.values import (
    UNKNOWN,
    BlockValue,
    Given,
    Kept,
    ModelValue,
    OperatorValue,
    SharedValue,
    Size,
    Unknown,
    Value,
    plain,
    plain_value,
    show,
)
from resdsl.graph import Node, Scope, ScopeKind
from resdsl.ops.registry import merge_names
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.walking import constructs


def run_body(run: Elaboration, body: tree.Body, place: Place, value: Current) -> Current:
    """Executes braces at `place`, which is theirs alone."""
    place.residuals = run.residuals
    first_unit = len(run.unit_states)
    value = run_statements(run, body.stmts, place, value)
    if place.schedule is not None:
        settle_schedule(run, place, first_unit)
    return value


def run_statements(run: Elaboration, stmts: tuple[tree.Stmt, ...], place: Place, value: Current) -> Current:
    for stmt in stmts:
        if place.activation.failed:
            return UNKNOWN
        if type(stmt) is tree.Flow:
            value = run_flow(run, stmt, place, value)
        else:
            place.value = value
            value = run.constructs.statements[type(stmt)](run, stmt, place, value)
    return value


def run_flow(run: Elaboration, flow: tree.Flow, place: Place, value: Current) -> Current:
    for step in flow.steps:
        value = run_step(run, step.label, step.unit, place, value)
    return value


def run_step(
    run: Elaboration, label: tree.Label | None, unit: tree.Unit, place: Place, value: Current, *, counted: bool = True
) -> Current:
    """Executes one step. Without `counted` it takes no place in its scope (`aux`)."""
    place.value = value
    if type(unit) is tree.Call and (label is None or not label.numbered):
        return run_call(run, unit, label, place, value, counted=counted)
    if label is None:
        return run.constructs.units[type(unit)](run, unit, place, value)
    if isinstance(unit, tree.Keep | tree.From):
        run.evaluator.error("E106", "only a step has a name: `keep` and `from` take no label", label.span, place)
        return run.constructs.units[type(unit)](run, unit, place, value)
    named = name_container(run, label, place, counted=counted)
    return run_container(run, ScopeKind.LABEL, named, unit, place, value, label.span.to(unit.span))


def run_container(
    run: Elaboration,
    kind: ScopeKind,
    named: Named,
    unit: tree.Unit,
    place: Place,
    value: Current,
    span: Span,
) -> Current:
    """Executes a step in a scope of its own name; braces are themselves the scope."""
    scope = run.open(kind, named.parent, span, value, name=named.name, numbered=named.numbered, title=named.name)
    inner = place.inside(scope, named.namer.under(named.name, named.numbered))
    return run.close(scope, run_contents(run, unit, inner, value))


def run_contents(run: Elaboration, unit: tree.Unit, place: Place, value: Current) -> Current:
    """Executes the one step of a construct at a place of its own: the statements of braces, or the step."""
    if type(unit) is tree.Body:
        return run_body(run, unit, place, value)
    place.residuals = run.residuals
    return run_step(run, None, unit, place, value)


# --- calls ---------------------------------------------------------------------------------------


def run_call(
    run: Elaboration,
    call: tree.Call,
    label: tree.Label | None,
    place: Place,
    value: Current,
    *,
    counted: bool = True,
) -> Current:
    try:
        callee = run.evaluator.lookup(call.name.name, call.name.span, place)
    except Failed:
        if label is not None:
            name_call(run, None, label, place, call.span, counted=counted)
        return UNKNOWN
    if isinstance(callee, OperatorValue):
        named = name_call(run, callee.kind, label, place, call.span, counted=counted)
        return run_operator(run, call, callee, named.parent, named.name, place, value)
    if isinstance(callee, BlockValue):
        named = name_call(run, callee.definition.name.name, label, place, call.span, counted=counted)
        return run_block(run, call, callee, named, place, value)
    if isinstance(callee, SharedValue):
        return run.constructs.use(run, call, callee, label, place, value)
    not_a_step(run, call, callee, place)
    return UNKNOWN


def not_a_step(run: Elaboration, call: tree.Call, callee: Value, place: Place) -> None:
    """Reports a call of something that is not an operator or block."""
    name = call.name.name
    help = None  # noqa: A001 - the word the messages use
    message = f"`{name}` is {described(callee)}, not an operator or block"
    if isinstance(callee, Kept):
        help = f"`from {name}` starts from a kept value"  # noqa: A001 - as above
    elif isinstance(callee, ModelValue):
        help = "only a variant calls a model; what two models share is a block"  # noqa: A001 - as above
    run.evaluator.error("E114", message, call.name.span, place, help=help)


def run_operator(
    run: Elaboration,
    call: tree.Call,
    callee: OperatorValue,
    scope: Scope,
    name: str | None,
    place: Place,
    value: Current,
) -> Current:
    evaluator = run.evaluator
    if callee.kind in merge_names():
        evaluator.error(
            "E114", f"`{callee.kind}` joins branches", call.span, place, help=f"write `{callee.kind} {{ | ... | ... }}`"
        )
        return UNKNOWN
    site = (id(call), id(callee), id(place.defaults.get(callee.kind)))
    known = run.sites.get(site)
    given: tuple[Given, ...] = ()
    applied: Applied | None
    if known is not None:
        applied = known[0]
    else:
        try:
            given = evaluator.given(callee, call.args or (), place)
        except Failed:
            return UNKNOWN
        applied, bound = run.bind(callee, given, call.span, place)
        if applied is None:
            return UNKNOWN
        if all(isinstance(arg.value, _CONSTANT) and arg.later is None for arg in call.args or ()):
            # What the keys identify must live as long as they do.
            run.sites[site] = applied, (callee, place.defaults.get(callee.kind))
    operand = one_value(run, value, call.span, place)
    if not isinstance(operand, Node):
        return UNKNOWN
    try:
        return run.add(applied, (operand,), place, scope, name, call.span)
    except Fault as fault:
        if known is not None:
            given = evaluator.given(callee, call.args or (), place)
        _, bound = run.bind(callee, given, call.span, place)
        from resdsl.elaborate.fitting import given_by, with_input  # not at the top: most operators fit

        labels = given_by(run.graph, operand, fault.code, call.span)
        run.fault_at(with_input(run.graph, fault, applied, operand), call.span, place, given, bound, labels)
        return UNKNOWN


_CONSTANT = (tree.Number, tree.Bool, tree.SizeLit)


def one_value(run: Elaboration, value: Current, span: Span, place: Place) -> Node | Unknown:
    """The single value that a step takes, or a report that there is none."""
    if isinstance(value, Node):
        return value
    if value is None and not any(isinstance(item, tree.Input) for item in constructs(run.model.body)):
        no_input(run)
    elif value is None:
        run.evaluator.error(
            "E404", "there is no value to apply this to", span, place, help="the input stands before the first step"
        )
    elif isinstance(value, Several):
        run.evaluator.error(
            "E405",
            f"the step before has {len(value.values)} outputs, and this takes one",
            span,
            place,
            help=f"unpack them with `keep {', '.join(value.names)}`, then `from` one",
        )
    return UNKNOWN


def no_input(run: Elaboration) -> None:
    run.evaluator.error(
        "E401", f"{run.graph.name} has no input", run.model.name.span, help="`input 3x224x224` says its size"
    )


def run_block(
    run: Elaboration,
    call: tree.Call,
    callee: BlockValue,
    named: Named,
    place: Place,
    value: Current,
    *,
    ends: dict[str, Value] | None = None,
) -> Current:
    """Executes a block's body. `ends` are `in` and `out`, for a policy."""
    evaluator = run.evaluator
    definition = callee.definition
    try:
        given = evaluator.given(callee, call.args or (), place)
    except Failed:
        return UNKNOWN
    to = evaluator.block_signature(callee)
    arguments = (*callee.args, *given) if callee.args else given
    lacking = missing(to, [str(g.name) for g in arguments]) if to.required else ()
    if lacking:
        secondary = [Label(definition.name.span, f"`{to.title}` is defined here")]
        evaluator.error(
            "E121", missing_message(to, list(lacking)), call.span, place, secondary=secondary, help=missing_help(to)
        )
        return UNKNOWN
    evaluator.enter(to.title, call.span, place)
    scope = run.open(
        ScopeKind.BLOCK,
        named.parent,
        call.span,
        value,
        name=named.name,
        numbered=definition.numbered,
        title=to.title,
        site=definition.span,
    )
    namer = named.namer.under(named.name, definition.numbered) if named.name else named.namer
    frame = Frame(f"in {_brief_path(namer.path)}, from {to.title}{brief_arguments(given)}", call.span)
    trace = (frame, *place.activation.trace[: TRACE_LENGTH - 1])
    activation = Activation(definition, scope, trace, guard=place.guard)
    inner = Place(
        callee.home,
        Env(None, dict(ends) if ends else None),
        activation,
        scope,
        namer,
        defaults=place.defaults,
        guard=place.guard,
    )
    inner.value = value
    bind_parameters(run, definition.params, arguments, inner)
    result = run_body(run, definition.body, inner, value)
    evaluator.leave()
    if activation.output is not None:
        result = outputs_of(activation.output[1])
    return run.close(scope, UNKNOWN if activation.failed else result)


def brief_arguments(given: tuple[Given, ...]) -> str:
    """The arguments of a call as a trace shows them, long ones left out."""
    return f"({', '.join([f'{g.name}={_brief(g.value)}' for g in given])})" if given else ""


def _brief(value: Value) -> str:
    match value:
        case BlockValue(definition=definition):
            return definition.name.name
        case OperatorValue(kind):
            return kind
        case int() if value.bit_length() > _BRIEF_BITS:
            return "..."
        case bool() | int() | Size() | None:
            return show(value)
        case Fraction() if max(value.numerator, value.denominator).bit_length() <= _BRIEF_BITS:
            return show(value)
    return "..."


def _brief_path(path: str) -> str:
    """A module path as a trace shows it: that of a deep recursion by its two ends."""
    return path if len(path) <= _LONGEST_PATH else f"{path[: _LONGEST_PATH // 2]}...{path[-_LONGEST_PATH // 2 :]}"


_BRIEF_BITS = 64
_LONGEST_PATH = 80


def outputs_of(several: Several) -> Current:
    """One output is a value like any other."""
    return several.values[0] if len(several.values) == 1 else several


def bind_parameters(run: Elaboration, params: tuple[tree.Param, ...], given: tuple[Given, ...], place: Place) -> None:
    """Gives parameters their values, in order; a default sees those before it."""
    values = {str(g.name): g.value for g in given}
    for param in params:
        name = param.name.name
        if name in values:
            value = values[name]
        elif param.default is not None:
            value = run.evaluator.evaluate(param.default, place)
        else:
            value = UNKNOWN
        bind_variable(place, name, value)


def bind_variable(place: Place, name: str, value: Value) -> None:
    """A new variable; plain ones are noted on the block's scope, for readable code."""
    place.env.variables[name] = value
    scope = place.activation.scope
    if scope is not None and place.scope is scope and plain(value):
        scope.arguments[name] = plain_value(value)
