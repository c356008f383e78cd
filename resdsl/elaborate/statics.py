"""The walk of `resolve` over definitions, statements and steps."""

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


def resolve_files(homes: Iterable[Home], evaluator: Evaluator) -> None:
    """Checks every definition of every file."""
    homes = tuple(homes)
    defaulted = defaulted_kinds(homes)
    for home in homes:
        resolver = Resolver(home, evaluator, defaulted)
        for item in home.file.items:
            _Walk(resolver).definition(item)
        resolve_partial(home, evaluator, defaulted)


_CERTAIN = ("E101", "E120")
"""What holds of a definition whatever its faulty statements were meant to be: unknown names and arguments."""


def resolve_partial(home: Home, evaluator: Evaluator, defaulted: frozenset[str]) -> None:
    """Checks the names of definitions that did not parse as a whole."""
    if not home.file.partial:
        return
    aside = Evaluator(Report(), evaluator.limits, evaluator.deadline)
    resolver = Resolver(home, aside, defaulted, home.file.unread)
    for item in home.file.partial:
        _Walk(resolver).definition(item)
    evaluator.report.extend(fault for fault in aside.report if fault.code in _CERTAIN)


class _Walk:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.evaluator = resolver.evaluator
        self.in_model = False

    # --- definitions -----------------------------------------------------------------------------

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
                    self.resolver.expression(arg.value, sight)
                    self.resolver.expression(arg.later, sight)
                for stmt in body.stmts if body else ():
                    self.variant_statement(stmt, sight)
            case tree.FileLet(let=let):
                self.let(let, Sight(KeptNames(), current=False), declare=False)

    def variant_statement(self, stmt: tree.Stmt, sight: Sight) -> None:
        if isinstance(stmt, tree.Expect):
            self.resolver.expression(stmt.value, sight)
            return
        self.evaluator.error("E415", "the body of a variant holds `expect` only", stmt.span)

    def parameters(self, params: tuple[tree.Param, ...], sight: Sight) -> None:
        for param in params:
            self.resolver.expression(param.default, sight)
            self.resolver.declare(param.name, sight)

    def let(self, let: tree.Let, sight: Sight, *, declare: bool = True) -> None:
        if let.params is None:
            self.resolver.expression(let.value, sight)
        if declare:
            self.resolver.declare(let.name, sight)
        if let.params is not None:
            # A function sees itself; what its parameters are called is its own affair.
            inner = sight.inside()
            inner.kept = KeptNames()
            self.parameters(let.params, inner)
            inner.kept = sight.kept
            self.resolver.expression(let.value, inner)

    # --- statements ------------------------------------------------------------------------------

    def braces(self, body: tree.Body, sight: Sight, *, merge: bool = False) -> None:
        self.stmts(body.stmts, sight.inside(), merge=merge)

    def stmts(self, stmts: tuple[tree.Stmt, ...], sight: Sight, *, merge: bool = False) -> None:
        """Statements; in the braces of a `merge`, or in decisions and repeats there, `|` begins a branch."""
        for stmt in stmts:
            self.evaluator.tick(stmt.span, None)
            self.statement(stmt, sight, merge=merge)

    def statement(self, stmt: tree.Stmt, sight: Sight, *, merge: bool = False) -> None:
        resolver = self.resolver
        match stmt:
            case tree.Flow(steps=steps):
                if stmt.branch and not merge:
                    help_ = "`->` joins steps; `add`, `mul`, `concat` and `mean` have branches in their braces"
                    self.evaluator.error("E415", "`|` begins a branch, and this is no merge", stmt.span, help=help_)
                within = merge and not stmt.branch and len(steps) == 1 and steps[0].label is None
                for step in steps:
                    self.label(step.label, sight)
                    self.unit(step.unit, sight, merge=within and isinstance(step.unit, tree.Repeat))
            case tree.Let():
                self.let(stmt, sight)
            case tree.Default(call=call):
                self.default(call, sight)
            case tree.Output(refs=refs):
                for ref in refs:
                    self.ref(ref, sight)
            case tree.Shared(name=name, unit=unit):
                self.unit(unit, sight.inside(repeated=False))
                resolver.declare(name, sight)
            case tree.If() | tree.For():
                self.decision(stmt, sight, merge=merge)
            case _:
                self.expressions_of(stmt, sight)

    def expressions_of(self, stmt: tree.Stmt, sight: Sight) -> None:
        """Statements that hold expressions only."""
        resolver = self.resolver
        match stmt:
            case tree.Require(condition=condition, message=message):
                resolver.expression(condition, sight)
                resolver.expression(message, sight)
            case tree.Input(size=size):
                self.only_in_model(stmt, "only a model has inputs", "a block takes the current value")
                resolver.expression(size, sight)
            case tree.Survival(chance=chance):
                resolver.expression(chance, sight.inside(index=True))
            case tree.Expect(value=value):
                self.only_in_model(stmt, "`expect` stands in a model or a variant", "a block has `require`")
                resolver.expression(value, sight)

    def default(self, call: tree.Call, sight: Sight) -> None:
        callee: Value = UNKNOWN
        if self.resolver.name(call.name.name, call.name.span, sight):
            callee = self.resolver.static_value(call.name.name, sight)
        if not isinstance(callee, OperatorValue | Unknown):
            message = f"`default` is for operators, and `{call.name.name}` is {described(callee)}"
            self.evaluator.error("E217", message, call.name.span)
            callee = UNKNOWN
        self.resolver.arguments(callee, call.args or (), sight)

    def only_in_model(self, stmt: tree.Stmt, message: str, help: str) -> None:  # noqa: A002 - the messages' word
        if not self.in_model:
            self.evaluator.error("E415", message, stmt.span, help=help)

    def decision(self, stmt: tree.If | tree.For, sight: Sight, *, merge: bool) -> None:
        branch: tree.Body | tree.If | None
        if isinstance(stmt, tree.For):
            self.resolver.expression(stmt.iterable, sight)
            inner = sight.inside()
            self.target(stmt.target, inner)
            self.stmts(stmt.body.stmts, inner, merge=merge)
            return
        branch = stmt
        while isinstance(branch, tree.If):
            self.resolver.expression(branch.condition, sight)
            self.braces(branch.body, sight, merge=merge)
            branch = branch.otherwise
        if branch is not None:
            self.braces(branch, sight, merge=merge)

    def target(self, target: tree.Target, sight: Sight) -> None:
        if target.name is not None:
            self.resolver.declare(target.name, sight)
        for part in target.parts:
            self.target(part, sight)

    def label(self, label: tree.Label | None, sight: Sight) -> None:
        if label is not None:
            self.resolver.expression(label.name, sight)
            self.resolver.expression(label.number, sight)

    def ref(self, ref: tree.Ref, sight: Sight) -> None:
        name = ref.name.plain
        if name is not None:
            self.resolver.kept(name, ref.name.span, sight)
        else:
            self.resolver.expression(ref.name, sight)
        self.resolver.expression(ref.index, sight)

    # --- steps -----------------------------------------------------------------------------------

    def unit(self, unit: tree.Unit, sight: Sight, *, merge: bool = False) -> None:
        resolver = self.resolver
        match unit:
            case tree.Call():
                resolver.call(unit, sight)
            case tree.Body():
                self.braces(unit, sight, merge=merge)
            case tree.Repeat(count=count, unit=inner):
                resolver.expression(count, sight)
                self.unit(inner, sight.inside(repeated=True), merge=merge)
            case tree.Stage(label=label, unit=inner):
                self.label(label, sight)
                self.unit(inner, sight)
            case tree.Region(name=name, unit=inner):
                resolver.expression(name, sight)
                self.unit(inner, sight)
            case tree.Aux(weight=weight, label=label, unit=inner):
                resolver.expression(weight, sight)
                self.label(label, sight)
                self.unit(inner, sight)
            case tree.Dense(body=body) | tree.Merge(body=body):
                self.braces(body, sight, merge=isinstance(unit, tree.Merge))
            case tree.Residual():
                self.residual(unit, sight)
            case tree.Keep(names=names):
                for text in names:
                    self.keep(text, sight)
            case tree.From(ref=ref):
                self.ref(ref, sight)

    def residual(self, unit: tree.Residual, sight: Sight) -> None:
        self.braces(unit.main, sight)
        if unit.shortcut is not None:
            self.label(unit.shortcut.label, sight)
            self.unit(unit.shortcut.policy, sight.inside(ends=True))
        for body in (unit.gate, unit.carry):
            if body is not None:
                self.braces(body, sight)
        if unit.survival is not None:
            self.resolver.expression(unit.survival.chance, sight.inside(index=False))

    def keep(self, text: tree.Text, sight: Sight) -> None:
        self.resolver.expression(text, sight)
        name = text.plain
        if name is None:
            return
        home = self.resolver.home
        taken = None
        if sight.find(name) is not None:
            taken = "a parameter or `let`"
        elif name in home.values or name in home.pending:
            taken = "a name of the file"
        elif name in self.evaluator.predefined or name in CONTEXTUAL:
            taken = "predefined"
        if taken:
            self.evaluator.error("E116", f"`{name}` cannot be kept: the name is {taken}", text.span)
