"""Statements that are not flows: values, decisions, inputs and outputs."""

from __future__ import annotations

from resdsl.diagnostics import Label
from resdsl.diagnostics.suggest import replacement
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.binding import check_arguments
from resdsl.elaborate.context import Current, Guard, Place, Several
from resdsl.elaborate.flow import bind_variable, run_body
from resdsl.elaborate.labels import label_text
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.resolve import kept_names
from resdsl.elaborate.state import Applied, Elaboration
from resdsl.elaborate.values import (
    UNKNOWN,
    BlockValue,
    FunctionValue,
    Given,
    Kept,
    OperatorValue,
    SharedValue,
    Size,
    Unknown,
    Value,
    is_whole,
    show,
)
from resdsl.graph import Node
from resdsl.ops.inputs import Input
from resdsl.source import Span
from resdsl.syntax import tree


def run_let(run: Elaboration, stmt: tree.Let, place: Place, value: Current) -> Current:
    name = stmt.name
    bound: Value
    if stmt.params is not None:
        # A function sees the names above it, not those that its braces get later.
        bound = FunctionValue(stmt, place.binding({}))
    else:
        bound = run.evaluator.evaluate(stmt.value, place)
    bind_variable(place, name.name, bound)
    return value


def run_require(run: Elaboration, stmt: tree.Require, place: Place, value: Current) -> Current:
    evaluator = run.evaluator
    try:
        if evaluator.condition(stmt.condition, place):
            return value
        message = str(evaluator.value(stmt.message, place)).strip() if stmt.message else ""
    except Failed:
        place.activation.failed = True
        return UNKNOWN
    message = message or f"not so: {' '.join(stmt.condition.span.text.split())}"
    evaluator.error("E211", message, stmt.condition.span, place, label="this does not hold")
    place.activation.failed = True
    return UNKNOWN


def run_default(run: Elaboration, stmt: tree.Default, place: Place, value: Current) -> Current:
    evaluator = run.evaluator
    call = stmt.call
    try:
        callee = evaluator.lookup(call.name.name, call.name.span, place)
        if not isinstance(callee, OperatorValue):
            message = f"`default` is for operators, and `{call.name.name}` is {described(callee)}"
            raise evaluator.failure("E217", message, call.name.span, place)
        given = evaluator.given(OperatorValue(callee.kind), call.args or (), place)
    except Failed:
        return value
    bound = {str(g.name): g for g in given if g.value is not UNKNOWN}
    for fault in check_arguments(callee.kind, bound):
        evaluator.fault(fault, bound[str(fault.argument)].span, place)
        del bound[str(fault.argument)]
    merged: dict[str, Given] = {str(g.name): g for g in place.defaults.get(callee.kind, ())}
    merged.update(bound)
    place.defaults = {**place.defaults, callee.kind: tuple(merged.values())}
    return value


# --- inputs and outputs --------------------------------------------------------------------------


def run_input(run: Elaboration, stmt: tree.Input, place: Place, value: Current) -> Current:
    evaluator = run.evaluator
    if not isinstance(place.activation.definition, tree.Model):
        evaluator.error("E415", "only a model has inputs", stmt.span, place, help="a block takes the current value")
        return value
    if not run.inputs_open:
        evaluator.error("E402", "an input after a step", stmt.span, place, help="inputs stand before the first step")
        return value
    unnamed = [run.graph.node(id) for id in run.graph.inputs if getattr(run.graph.node(id).op, "name", None) is None]  # noqa: A001 - the field
    if stmt.name is None and unnamed:
        first = [Label(unnamed[0].span, "the first one")]
        evaluator.error(
            "E402",
            "a second unnamed input",
            stmt.span,
            place,
            secondary=first,
            help="give it a name: `input NAME: ...`",
        )
        return value
    shape = run.input_size if run.input_size and not run.graph.inputs else input_shape(run, stmt.size, place)
    if shape is None:
        if stmt.name is not None:
            place.activation.kept[stmt.name.name] = UNKNOWN
        return UNKNOWN if value is None else value
    name = stmt.name.name if stmt.name else None
    op = Input(channels=shape[0], size=tuple(shape[1:]), name=name)
    node = run.add(Applied(op), (), place, place.scope, None, stmt.span)
    run.inputs_open = True
    run.graph.inputs.append(node.id)
    if stmt.name is not None:
        node.kept = name
        place.activation.kept[stmt.name.name] = Kept(node, None, stmt.name.span)
    return node if value is None or stmt.name is None else value


def input_shape(run: Elaboration, expr: tree.Expr, place: Place) -> tuple[int, ...] | None:
    """Channels and size, from a size, a number or a list; `None` where it is in error."""
    value = run.evaluator.evaluate(expr, place)
    if value is UNKNOWN:
        return None
    items = value.axes if isinstance(value, Size) else value if isinstance(value, tuple) else (value,)
    numbers = [n for n in items if isinstance(n, int) and not isinstance(n, bool) and n >= 1]
    if not items or len(items) > 4 or len(numbers) < len(items):
        run.evaluator.error(
            "E216",
            f"an input is channels and up to 3 axes, each a whole number of at least 1, not {show(value)}",
            expr.span,
            place,
            help="leave out the batch: an input is one example" if len(items) > 4 else None,
        )
        return None
    return tuple(numbers)


def run_output(run: Elaboration, stmt: tree.Output, place: Place, value: Current) -> Current:
    activation = place.activation
    if activation.output is not None:
        first = [Label(activation.output[0].span, "the first one")]
        run.evaluator.error("E414", "a second `output`", stmt.span, place, secondary=first)
        return value
    names: list[str] = []
    values: list[Node | Unknown] = []
    for ref in stmt.refs:
        name = output_name(ref, run, place)
        if name in names:
            run.evaluator.error("E414", f"`{name}` is output twice", ref.span, place)
        names.append(name)
        values.append(reference(run, ref, place, activation.guard))
    activation.output = stmt, Several(tuple(names), tuple(values))
    return value


def output_name(ref: tree.Ref, run: Elaboration, place: Place) -> str:
    (name,) = label_text(run, ref.name, place)
    if ref.index is None:
        return name
    index = run.evaluator.evaluate(ref.index, place)
    return f"{name}{show(index) if is_whole(index) else ''}"


def reference(run: Elaboration, ref: tree.Ref, place: Place, here: Guard | None) -> Node | Unknown:
    """The node that a name or an item of a list stands for, used in the branch of `here`."""
    evaluator = run.evaluator
    (name,) = label_text(run, ref.name, place)
    if name.startswith("?"):
        return UNKNOWN
    try:
        if not_kept_yet(run, name, ref, place):
            return UNKNOWN
        value = evaluator.lookup(name, ref.name.span, place)
        if ref.index is not None:
            index = evaluator.value(ref.index, place)
            value = evaluator.item(value, index, ref.span, ref.index.span, place)
        if isinstance(value, Kept):
            return run.use(value, ref.span, place, here)
        help = "`keep NAME` gives the current value a name"  # noqa: A001 - the word the messages use
        if isinstance(value, OperatorValue | BlockValue | SharedValue):
            help = f"`{name}` is called as a step; {help}"  # noqa: A001 - as above
        raise evaluator.failure("E118", f"{described(value)} is not a kept value", ref.span, place, help=help)
    except Failed:
        return UNKNOWN


def not_kept_yet(run: Elaboration, name: str, ref: tree.Ref, place: Place) -> bool:
    """Whether a name is that of a value that is kept further on; then there is a report."""
    definition = place.activation.definition
    if definition is None or name in place.activation.kept or run.evaluator.in_sight(name, place):
        return False
    later = kept_names(definition.body).names.get(name)
    if later is None:
        return False
    run.evaluator.error(
        "E101",
        f"there is no `{name}` here yet",
        ref.name.span,
        place,
        secondary=[Label(later, "kept here, which comes later or was not reached")],
        notes=["a net has no cycles: a value can be used only by what comes after it"],
        help=f"move what makes `{name}` before this",
    )
    return True


# --- decisions -----------------------------------------------------------------------------------


def run_if(run: Elaboration, stmt: tree.If, place: Place, value: Current) -> Current:
    branch: tree.Body | tree.If | None = stmt
    while isinstance(branch, tree.If):
        try:
            holds = run.evaluator.condition(branch.condition, place)
        except Failed:
            return UNKNOWN
        branch = branch.body if holds else branch.otherwise
    return value if branch is None else run_braces(run, branch, place, value)


def run_braces(run: Elaboration, body: tree.Body, place: Place, value: Current) -> Current:
    """Braces that are no scope of the graph: an `if`'s, a `for`'s."""
    return run_body(run, body, place.inside(), value)


def loop_items(run: Elaboration, stmt: tree.For, place: Place) -> tuple[Value, ...] | None:
    """What a `for` goes through; `None` where that is in error."""
    items = run.evaluator.evaluate(stmt.iterable, place)
    if items is UNKNOWN:
        return None
    if isinstance(items, Size):
        items = items.axes
    if not isinstance(items, tuple):
        written = stmt.iterable.span.text
        run.evaluator.error(
            "E201",
            f"`for` goes through a list, not {described(items)}",
            stmt.iterable.span,
            place,
            help=f"`range({written})` counts from 0" if is_whole(items) else None,
            fixes=[replacement(stmt.iterable.span, f"range({written})", safe=False)] if is_whole(items) else (),
        )
        return None
    return items


def run_for(run: Elaboration, stmt: tree.For, place: Place, value: Current) -> Current:
    items = loop_items(run, stmt, place)
    if items is None:
        return UNKNOWN
    for item in items:
        run.evaluator.tick(stmt.span, place)
        inner = place.inside()
        if not bind_target(run, stmt.target, item, inner):
            return UNKNOWN
        value = run_body(run, stmt.body, inner, value)
    return value


def bind_target(run: Elaboration, target: tree.Target, item: Value, place: Place) -> bool:
    """Binds the names of a `for`, taking lists apart; false where an item does not fit."""
    if target.name is not None:
        place.env.variables[target.name.name] = item
        return True
    if item is UNKNOWN:
        parts: Value = (UNKNOWN,) * len(target.parts)
    else:
        parts = item.axes if isinstance(item, Size) else item
    if not isinstance(parts, tuple) or len(parts) != len(target.parts):
        message = f"{len(target.parts)} names for {described(item)}"
        run.evaluator.error("E214", message, target.span, place)
        return False
    return all(bind_target(run, part, each, place) for part, each in zip(target.parts, parts, strict=True))


def run_expect(run: Elaboration, stmt: tree.Expect, place: Place, value: Current) -> Current:
    if not isinstance(place.activation.definition, tree.Model):
        run.evaluator.error(
            "E415", "`expect` stands in a model or a variant", stmt.span, place, help="a block has `require`"
        )
        return value
    run.expects.append((stmt, place))
    return value


def check_clash(run: Elaboration, name: str, span: Span, place: Place) -> bool:
    """Reports a kept name that something else has already; true if it is free."""
    evaluator = run.evaluator
    env = place.env
    taken: str | None = None
    while taken is None:
        if name in env.variables:
            other = env.variables[name]
            taken = "a parameter or `let`" if not isinstance(other, SharedValue) else "a shared step"
        if env.parent is None:
            break
        env = env.parent
    if taken is None and (name in place.home.values or name in place.home.pending):
        taken = "a name of the file"
    if taken is None and name in evaluator.predefined:
        taken = "predefined"
    if taken is None:
        return True
    evaluator.error("E116", f"`{name}` cannot be kept: the name is {taken}", span, place)
    return False
