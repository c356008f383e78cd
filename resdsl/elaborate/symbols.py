"""What the names of a text mean: every place of a name, and the definition that it leads to.

Names in braces come first, then what the block or model keeps, then the names of the file, then what is predefined.
A name that nothing else defines may be one that a `keep` computes.
"""

from __future__ import annotations

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
from resdsl.syntax.scoping import Opening, ScopedWalk
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
        self.keeps: list[tuple[tree.Keep, Symbol]] = []
        """What each `keep` names: one symbol for all of a name in a block or model."""
        self.hidden: list[tuple[Span, Symbol, Symbol]] = []
        """A name in braces with its place, and the one further out that it hides."""
        self.used: set[Symbol] = set()
        """What something reads outside of its own definition: a recursion alone is no use."""
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


class _Walk(ScopedWalk[_Sight]):
    """Enters the names of one definition."""

    def __init__(self, index: Index, item: tree.Definition) -> None:
        self.index = index
        self.item = item
        self.owners: list[Symbol] = []
        """The definition and the functions in it that are being walked, the outermost first."""
        self.values: dict[str, Symbol] = {}
        """What is kept, and the inputs."""
        self.patterns: list[tuple[tuple[str, ...], Symbol]] = []
        """What is kept under a computed name, by the pieces of that."""

    def definition(self) -> None:
        sight = _Sight()
        match self.item:
            case tree.Block(name=name, params=params, body=body) | tree.Model(name=name, params=params, body=body):
                self.owners.append(self.index.top[name.name])
                self._collect(body)
                self.parameters(params, sight)
                self.stmts(body.stmts, sight)
            case tree.Variant(name=name, call=call, body=body):
                self.owners.append(self.index.top[name.name])
                self.call(call, sight)
                self.stmts(body.stmts if body else (), sight)
            case tree.FileLet(let=let):
                self.owners.append(self.index.top[let.name.name])
                self.value(let, sight)

    # --- definitions -----------------------------------------------------------------------------

    def inside(self, scope: _Sight, _opening: Opening) -> _Sight:
        return _Sight(scope)

    def declare(self, ident: tree.Ident, node: tree.Node, scope: _Sight) -> None:
        symbol = Symbol(ident.name, _kind(node), ident.span, node, within=self.item.span)
        self.index.occurrences.append(Occurrence(ident.span, symbol, defines=True))
        owner = self.owners[-1]
        if symbol.kind is Kind.PARAMETER:
            self.index.params.setdefault(owner, {})[ident.name] = symbol
        hidden = scope.find(ident.name) or self.index.top.get(ident.name)
        own = symbol.kind is Kind.PARAMETER and owner.kind is Kind.FUNCTION  # what these are called is its own affair
        if hidden is not None and not own:
            self.index.hidden.append((ident.span, symbol, hidden))
        scope.names[ident.name] = symbol

    def value(self, let: tree.Let, scope: _Sight) -> None:
        if let.params is None:
            super().value(let, scope)
            return
        self.owners.append(scope.find(let.name.name) or self.index.top[let.name.name])
        super().value(let, scope)
        self.owners.pop()

    def _collect(self, body: tree.Body) -> None:
        """The values that a body keeps anywhere, and its inputs."""
        for node in constructs(body):
            if isinstance(node, tree.Keep):
                self.index.keeps.extend((node, self._kept(text, node)) for text in node.names)
            elif isinstance(node, tree.Input) and node.name is not None:
                self._value(node.name.name, Kind.INPUT, node.name.span, node)

    def _kept(self, text: tree.Text, node: tree.Keep) -> Symbol:
        name = text.plain
        if name is not None:
            return self._value(name, Kind.KEPT, text.span, node)
        symbol = Symbol(text.span.text, Kind.KEPT, text.span, node, within=self.item.span, computed=True)
        self.patterns.append((text.pieces, symbol))
        self.index.occurrences.append(Occurrence(text.span, symbol, defines=True))
        return symbol

    def _value(self, name: str, kind: Kind, span: Span, node: tree.Node) -> Symbol:
        """One symbol for all places that define a name: the branches of an `if` may keep the same."""
        symbol = self.values.setdefault(name, Symbol(name, kind, span, node, within=self.item.span))
        self.index.occurrences.append(Occurrence(span, symbol, defines=True))
        return symbol

    # --- uses ------------------------------------------------------------------------------------

    def name(self, name: str, span: Span, scope: _Sight) -> Symbol | None:
        """What a name means; noted as a use of that, and of all that it may mean where names are computed."""
        known = scope.find(name) or self.values.get(name) or self.index.top.get(name) or predefined().get(name)
        meant = [known] if known is not None else []
        if known is None or known.kind is Kind.KEPT:
            meant.extend(symbol for pieces, symbol in self.patterns if fits(name, pieces))
        self.index.used.update(symbol for symbol in meant if symbol not in self.owners)
        if not meant:
            return None
        self.index.occurrences.append(Occurrence(span, meant[0]))
        return meant[0]

    def kept(self, name: str, span: Span, scope: _Sight) -> None:
        self.name(name, span, scope)

    def computed(self, text: tree.Text, scope: _Sight) -> None:
        """It may be every value whose name fits, and any whose name is computed too."""
        pieces = text.pieces
        self.index.used.update(symbol for name, symbol in self.values.items() if fits(name, pieces))
        self.index.used.update(symbol for _, symbol in self.patterns)
        self.expression(text, scope)

    def call(self, call: tree.Call, scope: _Sight) -> None:
        self._arguments(call.args or (), self.name(call.name.name, call.name.span, scope), scope)

    def apply(self, expr: tree.Apply, scope: _Sight) -> None:
        callee = None
        if isinstance(expr.callee, tree.Name):
            callee = self.name(expr.callee.name, expr.callee.span, scope)
        else:
            self.expression(expr.callee, scope)
        self._arguments(expr.args, callee, scope)

    def _arguments(self, args: tuple[tree.Arg, ...], callee: Symbol | None, scope: _Sight) -> None:
        for arg in args:
            if arg.name is not None:
                self.index.arguments.append(ArgumentName(arg.name.span, arg.name.name, callee))
            self.expression(arg.value, scope)
            self.expression(arg.later, scope)


def _kind(node: tree.Node) -> Kind:
    """Of what a node declares in braces."""
    match node:
        case tree.Param():
            return Kind.PARAMETER
        case tree.Shared():
            return Kind.SHARED
        case tree.For():
            return Kind.VARIABLE
        case tree.Let(params=None):
            return Kind.VALUE
    return Kind.FUNCTION
