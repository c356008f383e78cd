"""The walk of `resolve` over the definitions of files."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.diagnostics import Report
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.context import Home
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.names import CONTEXTUAL
from resdsl.elaborate.resolve import KeptNames, Resolver, Sight, defaulted_kinds, kept_names
from resdsl.elaborate.values import UNKNOWN, OperatorValue, Unknown, Value
from resdsl.syntax import tree
from resdsl.syntax.scoping import Opening


def resolve_files(homes: Iterable[Home], evaluator: Evaluator) -> None:
    """Checks every definition of every file."""
    homes = tuple(homes)
    defaulted = defaulted_kinds(homes)
    for home in homes:
        for item in home.file.items:
            _Walk(home, evaluator, defaulted).definition(item)
        resolve_partial(home, evaluator, defaulted)


_CERTAIN = ("E101", "E120")
"""What holds of a definition whatever its faulty statements were meant to be: unknown names and arguments."""


def resolve_partial(home: Home, evaluator: Evaluator, defaulted: frozenset[str]) -> None:
    """Checks the names of definitions that did not parse as a whole."""
    if not home.file.partial:
        return
    aside = Evaluator(Report(), evaluator.limits, evaluator.deadline)
    for item in home.file.partial:
        _Walk(home, aside, defaulted, home.file.unread).definition(item)
    evaluator.report.extend(fault for fault in aside.report if fault.code in _CERTAIN)


class _Walk(Resolver):
    """What is said of definitions, statements and scopes."""

    in_model = False

    def definition(self, item: tree.Definition) -> None:
        match item:
            case tree.Block(params=params, body=body) | tree.Model(params=params, body=body):
                self.in_model = isinstance(item, tree.Model)
                sight = Sight(kept_names(body), ends=not self.in_model)
                self.parameters(params, sight)
                self.stmts(body.stmts, sight)
            case tree.Variant(call=call, body=body):
                sight = Sight(KeptNames(), current=False)
                for arg in call.args or ():
                    self.expression(arg.value, sight)
                    self.expression(arg.later, sight)
                for stmt in body.stmts if body else ():
                    self.variant_statement(stmt, sight)
            case tree.FileLet(let=let):
                self.value(let, Sight(KeptNames(), current=False))

    def variant_statement(self, stmt: tree.Stmt, sight: Sight) -> None:
        if isinstance(stmt, tree.Expect):
            self.expression(stmt.value, sight)
            return
        self.evaluator.error("E415", "the body of a variant holds `expect` only", stmt.span)

    def inside(self, sight: Sight, opening: Opening) -> Sight:
        return Sight(
            sight.kept,
            {},
            sight,
            ends=sight.ends or opening is Opening.POLICY,
            current=sight.current,
            index=opening is Opening.SCHEDULE,
            repeated=(sight.repeated or opening is Opening.REPEAT) and opening is not Opening.SHARED,
            branches=opening is Opening.BRANCHES or (sight.branches and opening is Opening.DECISION),
        )

    def statement(self, stmt: tree.Stmt, sight: Sight) -> None:
        self.evaluator.tick(stmt.span, None)
        if not self.in_model:
            if isinstance(stmt, tree.Input):
                help_ = "a block takes the current value"
                self.evaluator.error("E415", "only a model has inputs", stmt.span, help=help_)
            elif isinstance(stmt, tree.Expect):
                message = "`expect` stands in a model or a variant"
                self.evaluator.error("E415", message, stmt.span, help="a block has `require`")
        super().statement(stmt, sight)

    def flow(self, flow: tree.Flow, sight: Sight) -> None:
        if flow.branch and not sight.branches:
            help_ = "`->` joins steps; `add`, `mul`, `concat` and `mean` have branches in their braces"
            self.evaluator.error("E415", "`|` begins a branch, and this is no merge", flow.span, help=help_)
        if sight.branches and not flow.branch and (body := _repeated(flow)) is not None:
            self.repeat_branches(flow.steps[0].unit, body, sight)
        else:
            super().flow(flow, sight)

    def repeat_branches(self, unit: tree.Unit, body: tree.Body, sight: Sight) -> None:
        """A repeat in a merge, whose braces have branches of the merge."""
        while isinstance(unit, tree.Repeat):
            self.expression(unit.count, sight)
            sight, unit = self.inside(sight, Opening.REPEAT), unit.unit
        self.braces(body, sight, Opening.BRANCHES)

    def value(self, let: tree.Let, sight: Sight) -> None:
        if let.params is None:
            super().value(let, sight)
            return
        inner = self.inside(sight, Opening.FUNCTION)
        inner.kept = KeptNames()  # what its parameters are called is its own affair
        self.parameters(let.params, inner)
        inner.kept = sight.kept
        self.expression(let.value, inner)

    def default(self, call: tree.Call, sight: Sight) -> None:
        callee: Value = UNKNOWN
        if self.name(call.name.name, call.name.span, sight):
            callee = self.static_value(call.name.name, sight)
        if not isinstance(callee, OperatorValue | Unknown):
            message = f"`default` is for operators, and `{call.name.name}` is {described(callee)}"
            self.evaluator.error("E217", message, call.name.span)
            callee = UNKNOWN
        self.arguments(callee, call.args or (), sight)

    def keep(self, text: tree.Text, sight: Sight) -> None:
        self.expression(text, sight)
        name = text.plain
        if name is None:
            return
        taken = None
        if sight.find(name) is not None:
            taken = "a parameter or `let`"
        elif name in self.home.values or name in self.home.pending:
            taken = "a name of the file"
        elif name in self.evaluator.predefined or name in CONTEXTUAL:
            taken = "predefined"
        if taken:
            self.evaluator.error("E116", f"`{name}` cannot be kept: the name is {taken}", text.span)


def _repeated(flow: tree.Flow) -> tree.Body | None:
    """The braces of a flow that is nothing but their repeat."""
    unit = flow.steps[0].unit
    if len(flow.steps) > 1 or flow.steps[0].label is not None or not isinstance(unit, tree.Repeat):
        return None
    while isinstance(unit, tree.Repeat):
        unit = unit.unit
    return unit if isinstance(unit, tree.Body) else None
