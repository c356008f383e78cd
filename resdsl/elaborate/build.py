"""From a model of a program to its graph."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from resdsl.diagnostics import Diagnostic, Frame, Label, Report
from resdsl.diagnostics.suggest import respelling
from resdsl.elaborate.agreement import check_survival
from resdsl.elaborate.constructs import CONSTRUCTS
from resdsl.elaborate.context import TRACE_LENGTH, Activation, Current, Env, Place, Several, file_context
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.expects import check_expects
from resdsl.elaborate.flow import bind_parameters, no_input, run_body
from resdsl.elaborate.naming import Namer
from resdsl.elaborate.partial import as_far_as_it_goes
from resdsl.elaborate.program import Chain, Program, variant_arguments, workspace
from resdsl.elaborate.reporter import Stop
from resdsl.elaborate.state import Elaboration
from resdsl.elaborate.values import UNKNOWN, Given, Value, whole
from resdsl.graph import Graph, Node, Output, Scope, ScopeKind
from resdsl.limits import Deadline
from resdsl.source import Span
from resdsl.syntax import tree


def build(
    program: Program,
    model: str,
    report: Report,
    *,
    arguments: Mapping[str, tree.Expr | object] | None = None,
    input_size: tuple[int, ...] | None = None,
    deadline: Deadline | None = None,
    partial: bool = False,
) -> Graph | None:
    """Elaborates one model of `program.models`; `None` where there are faults, which the report has.

    With `partial` a graph that has faults is given as far as it goes, for pictures alone.

    `arguments` are parameters' values, over those that a variant gives: expressions, or plain Python values.
    `input_size` takes the place of the first input's. A net that was changed by either is no longer the one whose
    figures the spec states, so `expect` is left out then. Without a `deadline` the limits' time begins now.
    """
    chain = program.chains.get(model)
    if chain is None:
        return None
    info = program.models[model]
    evaluator = Evaluator(report, program.limits, deadline)
    with workspace():
        try:
            given = collect_arguments(program, chain, model, arguments or {}, evaluator)
            if given is None:
                return None
            run = start(chain, model, info.header, evaluator, input_size)
            run_model(run, chain, given)
            if not evaluator.failed:
                check_survival(run.graph, evaluator)
            if not evaluator.failed and not arguments and input_size is None:
                check_expects(run, chain.calls[-1][:2] if chain.calls else None)
        except Stop:
            return None
        except RecursionError:
            message = "the constructs of this model lie within each other too deeply"
            evaluator.error("E219", message, info.span)
            return None
    if not evaluator.failed:
        return run.graph
    return as_far_as_it_goes(run) if partial else None


def check(program: Program, report: Report) -> None:
    """Builds every model that has all its arguments, in one time limit. A file that defines nothing is an error."""
    check_empty(program, report)
    for name, info in program.models.items():
        if info.buildable:
            build(program, name, report, deadline=program.deadline)


def check_empty(program: Program, report: Report) -> None:
    """Reports a file that defines nothing, unless its faults explain it."""
    if not program.home.own and not report.failed:
        source = program.home.file.source
        message = "the file defines nothing"
        report.add(Diagnostic("E109", message, Label(Span(source, 0, 0)), help="`model NAME { ... }` is a net"))


def collect_arguments(
    program: Program, chain: Chain, model: str, arguments: Mapping[str, tree.Expr | object], evaluator: Evaluator
) -> tuple[Given, ...] | None:
    """The model's arguments: what variants give, then what the caller gives instead."""
    bound = variant_arguments(chain, evaluator)
    names = chain.signature.names
    span = program.models[model].span
    for name, argument in arguments.items():
        at = argument.span if isinstance(argument, tree.Expr) else span
        if name not in names:
            near = respelling(name, at, names, f"it has {', '.join(names) or 'none'}")
            evaluator.error("E120", f"{model} has no parameter `{name}`", at, help=near["help"])  # not of the file
            continue
        value = (
            evaluator.evaluate(argument, file_context(program.home))
            if isinstance(argument, tree.Expr)
            else from_python(argument)
        )
        bound[name] = Given(name, value, at)
    lacking = [p.name.name for p in chain.model.params if p.default is None and p.name.name not in bound]
    if lacking:
        listed = " and ".join(f"`{name}`" for name in lacking)
        evaluator.error("E121", f"{model} needs its argument{'s' * (len(lacking) > 1)} {listed}", span)
    if evaluator.failed:
        return None
    return tuple(bound.values())


def from_python(value: object) -> Value:
    """A plain Python value as one of the language; a float is the decimal that it prints as."""
    if isinstance(value, float):
        return whole(Fraction(repr(value)))
    if isinstance(value, list | tuple):
        return tuple(from_python(item) for item in value)
    if value is None or isinstance(value, int | Fraction | str):
        return whole(value) if isinstance(value, Fraction) else value
    raise TypeError(f"{value!r} is no value of the language")


def start(
    chain: Chain,
    model: str,
    header: str,
    evaluator: Evaluator,
    input_size: tuple[int, ...] | None,
) -> Elaboration:
    definition = chain.model
    root = Scope(ScopeKind.MODEL, None, definition.span, name="", title=model, site=definition.span)
    return Elaboration(evaluator, Graph(model, root, header), definition, CONSTRUCTS, input_size)


def run_model(run: Elaboration, chain: Chain, given: tuple[Given, ...]) -> None:
    """Executes the model's body and settles what can only be known at its end."""
    definition = chain.model
    root = run.graph.root
    activation = Activation(definition, root, variant_trace(chain))
    place = Place(chain.home, Env(), activation, root, Namer("", numbered=False))
    bind_parameters(run, definition.params, given, place)
    value = run_body(run, definition.body, place, None)
    if activation.failed:
        return
    if not run.graph.inputs and not run.evaluator.failed:
        no_input(run)
        return
    if run.input_size is not None and len(run.graph.inputs) > 1:
        message = f"{run.graph.name} has {len(run.graph.inputs)} inputs, and a size for one is given"
        run.evaluator.error("E216", message, definition.name.span)
    finish_outputs(run, activation, value, definition.name.span)
    for use in run.outside_uses:
        if use.residual.survival is not None:
            run.evaluator.failed = True
            run.evaluator.report.add(use.diagnostic)
    if not run.evaluator.failed:
        check_reached(run)


def variant_trace(chain: Chain) -> tuple[Frame, ...]:
    """How the model came to its arguments: the variants, the one nearest to it first."""
    return tuple(
        Frame(f"in {variant.name.name}, a variant of {variant.call.name.name}", variant.call.span)
        for variant, _, _ in chain.calls[:TRACE_LENGTH]
    )


def finish_outputs(run: Elaboration, activation: Activation, value: Current, span: Span) -> None:
    graph = run.graph
    if activation.output is not None:
        _, several = activation.output
        pairs = zip(several.names, several.values, strict=True)
        graph.outputs.extend(Output(name, node.id) for name, node in pairs if isinstance(node, Node))
    elif isinstance(value, Several):
        run.evaluator.error(
            "E405",
            f"the last step has {len(value.values)} outputs",
            span,
            help=f"say which the model has: `keep {', '.join(value.names)}`, then `output {', '.join(value.names)}`",
        )
    elif isinstance(value, Node):
        graph.outputs.append(Output(None, value.id))
    elif value is UNKNOWN:
        run.evaluator.failed = True
    graph.root.outputs.extend(output.node for output in graph.outputs)


def check_reached(run: Elaboration) -> None:
    """Every result is used for some output: nothing that was discarded with `from` is lost silently."""
    graph = run.graph
    nodes = list(graph.nodes())
    reached = [False] * len(nodes)
    for id in (*(o.node for o in graph.outputs), *(a.node for a in graph.aux)):  # noqa: A001 - the field's name
        reached[id] = True
    used = [False] * len(nodes)
    for node in reversed(nodes):
        for operand in node.operands:
            used[operand] = True
            reached[operand] = reached[operand] or reached[node.id]
    for node in nodes:
        if not reached[node.id] and not used[node.id]:
            lost(run, node)


def lost(run: Elaboration, node: Node) -> None:
    is_input = node.op.kind == "input"
    what = f"the input `{node.kept}`" if is_input else f"the result of `{node.op.kind}`"
    run.evaluator.failed = True
    run.evaluator.report.add(
        Diagnostic(
            "E403",
            f"{what} reaches no output",
            Label(node.span),
            notes=() if is_input else ("nothing uses it: usually `from` starts anew before a value is kept",),
            help=f"use it: `from {node.kept}`" if is_input else "keep it and use it, or leave the step out",
            trace=node.trace,
        )
    )
