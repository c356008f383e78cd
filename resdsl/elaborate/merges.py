"""Merges: `add`, `mul`, `concat` and `mean` over branches."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.diagnostics import Fault, Label
from resdsl.elaborate.context import Current, Place
from resdsl.elaborate.flow import one_value, run_flow
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration
from resdsl.elaborate.statements import bind_target, loop_items
from resdsl.elaborate.survival import settle_schedule
from resdsl.elaborate.units import iteration, repeat_count
from resdsl.elaborate.values import UNKNOWN
from resdsl.graph import Node, Scope, ScopeKind
from resdsl.source import Span
from resdsl.syntax import tree

MOST_LABELS = 3


@dataclass(slots=True)
class Branch:
    """A branch in the making: lines without `|` go on with it."""

    scope: Scope
    place: Place
    value: Current
    span: Span


@dataclass(slots=True)
class Branches:
    """The branches of one merge, each from the same value."""

    source: Current
    done: list[Branch] = field(default_factory=list)
    open: Branch | None = None
    faulty: bool = False

    def finish(self, run: Elaboration) -> None:
        if self.open is not None:
            run.close(self.open.scope, self.open.value)
            self.done.append(self.open)
            self.open = None


def run_merge(run: Elaboration, unit: tree.Merge, place: Place, value: Current) -> Current:
    scope = run.open(ScopeKind.MERGE, place.scope, unit.span, value)
    branches = Branches(value)
    run_branches(run, unit.body, place.inside(scope), branches)
    branches.finish(run)
    if not branches.done:
        if not branches.faulty:
            run.evaluator.error("E407", f"`{unit.kind}` has no branches", unit.span, place, help="`|` begins a branch")
        return UNKNOWN
    operands = [one_value(run, branch.value, branch.span, place) for branch in branches.done]
    nodes = tuple([node for node in operands if isinstance(node, Node)])
    if branches.faulty or len(nodes) < len(operands):
        return UNKNOWN
    try:
        node = run.add(run.plain(unit.kind), nodes, place, scope, None, unit.span)
    except Fault as fault:
        report_shapes(run, unit, place, branches, nodes, fault)
        return UNKNOWN
    return run.close(scope, node)


def report_shapes(
    run: Elaboration, unit: tree.Merge, place: Place, branches: Branches, nodes: tuple[Node, ...], fault: Fault
) -> None:
    labels = shape_labels(branches, nodes, fault)
    if unit.kind == "mul":  # what may be multiplied is more than what is equal: the operator says it best
        run.evaluator.fault(fault, unit.span, place, labels)
        return
    from resdsl.elaborate.differences import merge_help, merge_note  # not at the top: most merges fit

    one, other = nodes[0], nodes[fault.operand or 0]
    run.evaluator.error(
        fault.code,
        fault.message,
        unit.span,
        place,
        secondary=labels,
        notes=[merge_note(unit.kind, one, other)],
        help=merge_help(run.graph, unit.kind, one, other),
    )


def shape_labels(branches: Branches, nodes: tuple[Node, ...], fault: Fault) -> list[Label]:
    """Where the shapes came from: the first branch, the one at fault, and one more."""
    order = [0, *([fault.operand] if fault.operand else []), *range(1, len(nodes))]
    picked = sorted(list(dict.fromkeys(order))[:MOST_LABELS])
    return [Label(branches.done[i].span, f"this branch gives {nodes[i].shape}") for i in picked]


def run_branches(run: Elaboration, body: tree.Body, place: Place, branches: Branches) -> None:
    """Executes braces in which `|` begins a branch."""
    place.residuals = run.residuals
    first_unit = len(run.unit_states)
    for stmt in body.stmts:
        if place.activation.failed:
            branches.faulty = True
            break
        run_branch_statement(run, stmt, place, branches)
    if place.schedule is not None:
        settle_schedule(run, place, first_unit)


def run_branch_statement(run: Elaboration, stmt: tree.Stmt, place: Place, branches: Branches) -> None:
    place.value = branches.source
    match stmt:
        case tree.Flow(steps=steps, branch=branch):
            if branch:
                branches.finish(run)
                open_branch(run, stmt, place, branches)
            elif makes_branches(stmt):
                branches.finish(run)
                repeat_branches(run, steps[0].unit, place, branches)  # type: ignore[arg-type]  # a repeat
            elif branches.open is None:
                run.evaluator.error(
                    "E406", "a step before the first branch", stmt.span, place, help="`|` begins a branch"
                )
                branches.faulty = True
            else:
                continue_branch(run, stmt, branches.open)
        case tree.If() | tree.For() if branches.open is not None and not has_branches_below(stmt):
            opened = branches.open
            opened.place.value = opened.value
            opened.value = run.constructs.statements[type(stmt)](run, stmt, opened.place, opened.value)
        case tree.If():
            branches.finish(run)
            choose_branches(run, stmt, place, branches)
        case tree.For():
            branches.finish(run)
            loop_branches(run, stmt, place, branches)
        case _:
            run.constructs.statements[type(stmt)](run, stmt, place, branches.source)


def open_branch(run: Elaboration, flow: tree.Flow, place: Place, branches: Branches) -> None:
    scope = run.open(ScopeKind.BRANCH, place.scope, flow.span, branches.source)
    inner = place.inside(scope)
    inner.residuals = run.residuals
    branches.open = Branch(scope, inner, run_flow(run, flow, inner, branches.source), flow.span)


def continue_branch(run: Elaboration, flow: tree.Flow, branch: Branch) -> None:
    branch.value = run_flow(run, flow, branch.place, branch.value)
    branch.span = branch.span.to(flow.span)


def makes_branches(flow: tree.Flow) -> bool:
    """Whether a line is `n x { | ... }`."""
    if len(flow.steps) != 1 or flow.steps[0].label is not None:
        return False
    unit: tree.Unit = flow.steps[0].unit
    if not isinstance(unit, tree.Repeat):
        return False
    while isinstance(unit, tree.Repeat):
        unit = unit.unit
    return isinstance(unit, tree.Body) and has_branches(unit)


def has_branches(body: tree.Body) -> bool:
    """Whether `|` begins a branch in these braces or in decisions within them."""
    return any(
        stmt.branch or makes_branches(stmt)
        if isinstance(stmt, tree.Flow)
        else isinstance(stmt, tree.If | tree.For) and has_branches_below(stmt)
        for stmt in body.stmts
    )


def has_branches_below(stmt: tree.If | tree.For) -> bool:
    branch: tree.Body | tree.If | None = stmt.body if isinstance(stmt, tree.For) else stmt
    while isinstance(branch, tree.If):
        if has_branches(branch.body):
            return True
        branch = branch.otherwise
    return branch is not None and has_branches(branch)


def repeat_branches(run: Elaboration, unit: tree.Repeat, place: Place, branches: Branches) -> None:
    count = repeat_count(run, unit, place)
    if count is None:
        branches.faulty = True
        return
    if count == 0:
        run.evaluator.error("E209", "a repeat of branches makes at least one", unit.count.span, place)
        branches.faulty = True
        return
    repeat = run.open(ScopeKind.REPEAT, place.scope, unit.span, branches.source)
    repeat.count = count
    for index in range(count):
        inner, _ = iteration(run, unit, repeat, place, branches.source, index)
        if isinstance(unit.unit, tree.Repeat):
            repeat_branches(run, unit.unit, inner, branches)
        elif isinstance(unit.unit, tree.Body):
            run_branches(run, unit.unit, inner, branches)
        branches.finish(run)
        if branches.faulty:
            return


def choose_branches(run: Elaboration, stmt: tree.If, place: Place, branches: Branches) -> None:
    chosen: tree.Body | tree.If | None = stmt
    while isinstance(chosen, tree.If):
        try:
            holds = run.evaluator.condition(chosen.condition, place)
        except Failed:
            branches.faulty = True
            return
        chosen = chosen.body if holds else chosen.otherwise
    if chosen is not None:
        run_branches(run, chosen, place.inside(), branches)
        branches.finish(run)


def loop_branches(run: Elaboration, stmt: tree.For, place: Place, branches: Branches) -> None:
    items = loop_items(run, stmt, place)
    if items is None:
        branches.faulty = True
        return
    for item in items:
        run.evaluator.tick(stmt.span, place)
        inner = place.inside()
        if not bind_target(run, stmt.target, item, inner):
            branches.faulty = True
            return
        run_branches(run, stmt.body, inner, branches)
        branches.finish(run)
