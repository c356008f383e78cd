"""What the names of a text mean: every place of a name, and the definition that it leads to.

The scoping is that of `resdsl.elaborate.statics`: braces see what stands before and around them, kept values belong to
the block or model, then come the names of the file, then what is predefined.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache

from resdsl.elaborate.functions import builtins
from resdsl.elaborate.resolve import fits
from resdsl.limits import DEFAULT
from resdsl.ops.init import INITS
from resdsl.ops.registry import operator_names
from resdsl.records import Record, Unique
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.keywords import PREDEFINED_VALUES
from resdsl.syntax.walking import constructs


class Kind(Enum):
    """What a name stands for."""

    BLOCK = "block"
    MODEL = "model"
    FUNCTION = "function"
    VALUE = "value"
    IMPORT = "imported name"
    PARAMETER = "parameter"
    VARIABLE = "variable"
    KEPT = "kept value"
    SHARED = "shared step"
    INPUT = "input"
    OPERATOR = "operator"
    BUILTIN = "predefined function"
    INITIALISER = "initialiser"
    PREDEFINED = "predefined value"


TOP_LEVEL = frozenset({Kind.BLOCK, Kind.MODEL, Kind.FUNCTION, Kind.VALUE, Kind.IMPORT})
"""Kinds that file-level names may have; FUNCTION and VALUE may be in braces too."""


class Symbol(Unique):
    """One definition of a name. `span` is the name's place, `None` for what is predefined."""

    name: str
    kind: Kind
    span: Span | None = None
    node: tree.Node | None = None
    """What defines it: the block, the `let`, the parameter, the `use`, ..."""
    top: bool = False
    """Whether it is a name of the file."""
    within: Span | None = None
    """The definition at file level that a local name belongs to."""
    computed: bool = False
    """Whether `keep` computes the name, so that its places do not spell it."""


class Occurrence(Record):
    """A place of a name."""

    span: Span
    symbol: Symbol
    defines: bool = False


class ArgumentName(Record):
    """A name before `=` in a call, and what is called, if that is known."""

    span: Span
    name: str
    callee: Symbol | None


@cache
def predefined() -> dict[str, Symbol]:
    """The names that every text has."""
    kinds = (
        (Kind.PREDEFINED, sorted(PREDEFINED_VALUES)),
        (Kind.OPERATOR, operator_names()),
        (Kind.BUILTIN, builtins(DEFAULT)),
        (Kind.INITIALISER, INITS),
    )
    return {name: Symbol(name, kind) for kind, names in kinds for name in names}


class Index:
    """Every name of a file."""

    def __init__(self, file: tree.File) -> None:
        self.file = file
        self.occurrences: list[Occurrence] = []
        self.arguments: list[ArgumentName] = []
        self.top: dict[str, Symbol] = {}
        self.params: dict[Symbol, dict[str, Symbol]] = {}
        """Of blocks, models and functions: their parameters."""
        for item in file.items:
            self._enter(item)
        for item in file.items:
            _Walk(self, item).definition()
        for argument in self.arguments:  # only now are all parameters known
            parameter = self.parameter(argument)
            if parameter is not None:
                self.occurrences.append(Occurrence(argument.span, parameter))
        self.occurrences.sort(key=lambda o: (o.span.start, o.span.end))

    def _enter(self, item: tree.Definition) -> None:
        match item:
            case tree.Use(names=names):
                for ident in names:
                    self._name(ident, Kind.IMPORT, item)
            case tree.Block(name=name):
                self._name(name, Kind.BLOCK, item)
            case tree.Model(name=name) | tree.Variant(name=name):
                self._name(name, Kind.MODEL, item)
            case tree.FileLet(let=let):
                self._name(let.name, Kind.VALUE if let.params is None else Kind.FUNCTION, let)

    def _name(self, ident: tree.Ident, kind: Kind, node: tree.Node) -> None:
        symbol = self.top.get(ident.name)
        if symbol is None:
            symbol = self.top[ident.name] = Symbol(ident.name, kind, ident.span, node, top=True)
        self.occurrences.append(Occurrence(ident.span, symbol, defines=True))

    def at(self, offset: int) -> Occurrence | None:
        """The name at an offset, or right before it."""
        found = [o for o in self.occurrences if o.span.start <= offset <= o.span.end and o.span.end > o.span.start]
        return max(found, key=lambda o: (o.span.end > offset, -(o.span.end - o.span.start)), default=None)

    def argument_at(self, offset: int) -> ArgumentName | None:
        return next((a for a in self.arguments if a.span.start <= offset <= a.span.end), None)

    def of(self, symbol: Symbol) -> list[Occurrence]:
        return [o for o in self.occurrences if o.symbol is symbol]

    def called(self, symbol: Symbol | None) -> Symbol | None:
        """The definition whose parameters a call fills: a variant's is its model, through others."""
        seen: set[Symbol] = set()
        while symbol is not None and isinstance(symbol.node, tree.Variant) and symbol not in seen:
            seen.add(symbol)
            symbol = self.top.get(symbol.node.call.name.name)
        return symbol

    def parameter(self, argument: ArgumentName) -> Symbol | None:
        """The parameter that an argument's name is, if it is one of this file."""
        callee = self.called(argument.callee)
        return self.params.get(callee, {}).get(argument.name) if callee is not None else None


class _Sight:
    """The names of one pair of braces, and those around it."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: _Sight | None = None) -> None:
        self.names: dict[str, Symbol] = {}
        self.parent = parent

    def find(self, name: str) -> Symbol | None:
        sight: _Sight | None = self
        while sight is not None:
            if name in sight.names:
                return sight.names[name]
            sight = sight.parent
        return None


class _Walk:
    """Enters the names of one definition."""

    def __init__(self, index: Index, item: tree.Definition) -> None:
        self.index = index
        self.item = item
        self.kept: dict[str, Symbol] = {}
        self.patterns: list[tuple[tuple[str, ...], Symbol]] = []

    def definition(self) -> None:
        sight = _Sight()
        match self.item:
            case tree.Block(name=name, params=params, body=body) | tree.Model(name=name, params=params, body=body):
                self._collect(body)
                self._parameters(params, sight, self.index.top[name.name])
                self._stmts(body.stmts, sight)
            case tree.Variant(call=call, body=body):
                self._reference(call.name.name, call.name.span, sight)
                self._arguments(call.args, self.index.top.get(call.name.name), sight)
                self._stmts(body.stmts if body else (), sight)
            case tree.FileLet(let=let):
                self._let_value(let, sight, self.index.top[let.name.name])

    # --- names -----------------------------------------------------------------------------------

    def _declare(self, ident: tree.Ident, kind: Kind, node: tree.Node, sight: _Sight) -> Symbol:
        symbol = Symbol(ident.name, kind, ident.span, node, within=self.item.span)
        sight.names[ident.name] = symbol
        self.index.occurrences.append(Occurrence(ident.span, symbol, defines=True))
        return symbol

    def _resolve(self, name: str, sight: _Sight) -> Symbol | None:
        local = sight.find(name) or self.kept.get(name)
        if local is None:
            local = next((symbol for pieces, symbol in self.patterns if fits(name, pieces)), None)
        return local or self.index.top.get(name) or predefined().get(name)

    def _reference(self, name: str, span: Span, sight: _Sight) -> Symbol | None:
        symbol = self._resolve(name, sight)
        if symbol is not None:
            self.index.occurrences.append(Occurrence(span, symbol))
        return symbol

    def _collect(self, body: tree.Body) -> None:
        """The values that a body keeps anywhere, and its inputs."""
        for node in constructs(body):
            if isinstance(node, tree.Keep):
                for text in node.names:
                    self._keep(text, node)
            elif isinstance(node, tree.Input) and node.name is not None:
                name = node.name
                symbol = self.kept.setdefault(name.name, self._local(name.name, Kind.INPUT, name.span, node))
                self.index.occurrences.append(Occurrence(name.span, symbol, defines=True))

    def _local(self, name: str, kind: Kind, span: Span, node: tree.Node, *, computed: bool = False) -> Symbol:
        return Symbol(name, kind, span, node, within=self.item.span, computed=computed)

    def _keep(self, text: tree.Text, node: tree.Keep) -> None:
        name = text.plain
        if name is not None:
            symbol = self.kept.setdefault(name, self._local(name, Kind.KEPT, text.span, node))
        else:
            symbol = self._local(text.span.text, Kind.KEPT, text.span, node, computed=True)
            self.patterns.append((text.pieces, symbol))
        self.index.occurrences.append(Occurrence(text.span, symbol, defines=True))

    def _parameters(self, params: tuple[tree.Param, ...], sight: _Sight, owner: Symbol) -> None:
        known = self.index.params.setdefault(owner, {})
        for param in params:
            self._expression(param.default, sight)
            known[param.name.name] = self._declare(param.name, Kind.PARAMETER, param, sight)

    def _let_value(self, let: tree.Let, sight: _Sight, symbol: Symbol) -> None:
        inner = _Sight(sight)
        if let.params is not None:
            kept, patterns, self.kept, self.patterns = self.kept, self.patterns, {}, []
            self._parameters(let.params, inner, symbol)
            self.kept, self.patterns = kept, patterns
        self._expression(let.value, inner)

    # --- statements ------------------------------------------------------------------------------

    def _stmts(self, stmts: Iterable[tree.Stmt], sight: _Sight) -> None:
        for stmt in stmts:
            self._statement(stmt, sight)

    def _statement(self, stmt: tree.Stmt, sight: _Sight) -> None:
        match stmt:
            case tree.Flow(steps=steps):
                for step in steps:
                    self._label(step.label, sight)
                    self._unit(step.unit, sight)
            case tree.Let(name=name, params=None):
                self._expression(stmt.value, sight)
                self._declare(name, Kind.VALUE, stmt, sight)
            case tree.Let(name=name):
                self._let_value(stmt, sight, self._declare(name, Kind.FUNCTION, stmt, sight))
            case tree.Default(call=call):
                self._call(call, sight)
            case tree.Output(refs=refs):
                for ref in refs:
                    self._ref(ref, sight)
            case tree.Shared(name=name, unit=unit):
                self._unit(unit, _Sight(sight))
                self._declare(name, Kind.SHARED, stmt, sight)
            case tree.If() | tree.For():
                self._decision(stmt, sight)
            case _:
                for expr in _expressions(stmt):
                    self._expression(expr, sight)

    def _decision(self, stmt: tree.If | tree.For, sight: _Sight) -> None:
        if isinstance(stmt, tree.For):
            self._expression(stmt.iterable, sight)
            inner = _Sight(sight)
            self._target(stmt.target, stmt, inner)
            self._stmts(stmt.body.stmts, inner)
            return
        branch: tree.If | tree.Body | None = stmt
        while isinstance(branch, tree.If):
            self._expression(branch.condition, sight)
            self._stmts(branch.body.stmts, _Sight(sight))
            branch = branch.otherwise
        if branch is not None:
            self._stmts(branch.stmts, _Sight(sight))

    def _target(self, target: tree.Target, node: tree.Node, sight: _Sight) -> None:
        if target.name is not None:
            self._declare(target.name, Kind.VARIABLE, node, sight)
        for part in target.parts:
            self._target(part, node, sight)

    def _label(self, label: tree.Label | None, sight: _Sight) -> None:
        if label is not None:
            self._expression(label.name, sight)
            self._expression(label.number, sight)

    def _ref(self, ref: tree.Ref, sight: _Sight) -> None:
        name = ref.name.plain
        if name is None:
            self._expression(ref.name, sight)
        else:
            self._reference(name, ref.name.span, sight)
        self._expression(ref.index, sight)

    # --- steps -----------------------------------------------------------------------------------

    def _unit(self, unit: tree.Unit, sight: _Sight) -> None:
        match unit:
            case tree.Call():
                self._call(unit, sight)
            case tree.Body(stmts=stmts):
                self._stmts(stmts, _Sight(sight))
            case tree.Repeat(count=count, unit=inner):
                self._expression(count, sight)
                self._unit(inner, _Sight(sight))
            case tree.Stage(label=label, unit=inner):
                self._label(label, sight)
                self._unit(inner, sight)
            case tree.Region(name=name, unit=inner):
                self._expression(name, sight)
                self._unit(inner, sight)
            case tree.Aux(weight=weight, label=label, unit=inner):
                self._expression(weight, sight)
                self._label(label, sight)
                self._unit(inner, sight)
            case tree.Dense(body=body) | tree.Merge(body=body):
                self._unit(body, sight)
            case tree.Residual():
                self._residual(unit, sight)
            case tree.Keep(names=names):
                for text in names:
                    self._expression(text, sight)
            case tree.From(ref=ref):
                self._ref(ref, sight)

    def _residual(self, unit: tree.Residual, sight: _Sight) -> None:
        self._unit(unit.main, sight)
        if unit.shortcut is not None:
            self._label(unit.shortcut.label, sight)
            self._unit(unit.shortcut.policy, sight)
        for body in (unit.gate, unit.carry):
            if body is not None:
                self._unit(body, sight)
        if unit.survival is not None:
            self._expression(unit.survival.chance, sight)

    def _call(self, call: tree.Call, sight: _Sight) -> None:
        callee = self._reference(call.name.name, call.name.span, sight)
        self._arguments(call.args, callee, sight)

    # --- expressions -----------------------------------------------------------------------------

    def _arguments(self, args: tuple[tree.Arg, ...] | None, callee: Symbol | None, sight: _Sight) -> None:
        for arg in args or ():
            if arg.name is not None:
                self.index.arguments.append(ArgumentName(arg.name.span, arg.name.name, callee))
            self._expression(arg.value, sight)
            self._expression(arg.later, sight)

    def _expression(self, expr: tree.Expr | None, sight: _Sight) -> None:
        stack: list[tree.Expr] = [expr] if expr is not None else []
        while stack:
            item = stack.pop()
            match item:
                case tree.Name(span=span, name=name):
                    self._reference(name, span, sight)
                case tree.Text(parts=parts):
                    stack.extend(part for part in parts if not isinstance(part, str))
                case tree.Binary(left=left, right=right):
                    stack.extend((right, left))
                case tree.Unary(operand=operand):
                    stack.append(operand)
                case tree.Choose(then=then, condition=condition, otherwise=otherwise):
                    stack.extend((otherwise, condition, then))
                case tree.Item(value=value, index=index):
                    stack.extend((index, value))
                case tree.Field(value=value):
                    stack.append(value)
                case tree.ListExpr(items=items):
                    stack.extend(items)
                case tree.Apply(callee=tree.Name(span=span, name=name), args=args):
                    self._arguments(args, self._reference(name, span, sight), sight)
                case tree.Apply(callee=callee, args=args):
                    stack.append(callee)
                    self._arguments(args, None, sight)


def _expressions(stmt: tree.Stmt) -> tuple[tree.Expr | None, ...]:
    """The expressions of a statement that has nothing else."""
    match stmt:
        case tree.Require(condition=condition, message=message):
            return condition, message
        case tree.Input(size=value) | tree.Survival(chance=value) | tree.Expect(value=value):
            return (value,)
    return ()
