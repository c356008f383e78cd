"""The names of a file: what declares them, what uses them, and which of them hide others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from resdsl.elaborate.resolve import fits
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.walking import constructs


class Kind(Enum):
    """What a name stands for."""

    PARAMETER = "parameter"
    VALUE = "value"
    LOOP = "loop variable"
    KEPT = "kept value"
    SHARED = "shared step"
    IMPORT = "import"
    BLOCK = "block"
    MODEL = "model"


FILE_KINDS = {Kind.IMPORT, Kind.BLOCK, Kind.MODEL}


@dataclass(slots=True, eq=False)
class Declared:
    """A name where it is declared."""

    kind: Kind
    name: str
    span: Span
    node: tree.Node
    """What declares it: the definition, the statement, the parameter, the step that keeps it."""
    owner: tree.Definition | tree.Let | None
    """The block, model or function that it belongs to; `None` for a name of the file."""
    used: bool = False


@dataclass(slots=True, eq=False)
class Sheet:
    """The names of one pair of braces."""

    parent: Sheet | None
    names: dict[str, Declared] = field(default_factory=dict)

    def find(self, name: str) -> Declared | None:
        sheet: Sheet | None = self
        while sheet is not None:
            if name in sheet.names:
                return sheet.names[name]
            sheet = sheet.parent
        return None


@dataclass(slots=True, eq=False)
class Keeping:
    """What one block or model keeps: plain names, and names that are computed, as the pieces between their holes."""

    plain: dict[str, list[Declared]] = field(default_factory=dict)
    computed: list[tuple[tuple[str, ...], Declared]] = field(default_factory=list)


class Names:
    """Every declaration of a file, with whether anything uses it."""

    def __init__(self, file: tree.File) -> None:
        self.file = file
        self.declared: list[Declared] = []
        self.hidden: list[tuple[Declared, Declared]] = []
        """A name, and the one further out that it hides."""
        self.labels: list[tuple[tree.Step, Declared | None]] = []
        """The steps that have a label and are calls, with what is called if the file declares it."""
        self._file = Sheet(None)
        self._keeping = Keeping()
        self._owner: tree.Definition | None = None
        for item in file.items:
            self._enter(item)
        for item in file.items:
            self._definition(item)

    def of(self, kind: Kind) -> Iterator[Declared]:
        return (declared for declared in self.declared if declared.kind is kind)

    def file_name(self, name: str) -> Declared | None:
        """What the file itself calls so."""
        return self._file.names.get(name)

    # --- declarations ----------------------------------------------------------------------------

    def _enter(self, item: tree.Definition) -> None:
        """The names of the file, which are known everywhere in it."""
        match item:
            case tree.Use(names=names):
                for ident in names:
                    self._declare(Kind.IMPORT, ident, item, self._file)
            case tree.Block(name=name):
                self._declare(Kind.BLOCK, name, item, self._file)
            case tree.Model(name=name) | tree.Variant(name=name):
                self._declare(Kind.MODEL, name, item, self._file)
            case tree.FileLet(let=let):
                self._declare(Kind.VALUE, let.name, item, self._file)

    def _declare(
        self,
        kind: Kind,
        ident: tree.Ident,
        node: tree.Node,
        sheet: Sheet,
        owner: tree.Definition | tree.Let | None = None,
        *,
        may_hide: bool = True,
    ) -> None:
        made = Declared(kind, ident.name, ident.span, node, owner)
        outer = sheet.find(ident.name)
        if outer is not None and may_hide:
            self.hidden.append((made, outer))
        sheet.names.setdefault(ident.name, made)
        self.declared.append(made)

    def _keep(self, text: tree.Text, unit: tree.Keep) -> None:
        plain = text.plain
        name = plain or text.span.text
        made = Declared(Kind.KEPT, name, text.span, unit, self._owner)
        self.declared.append(made)
        if plain is not None:
            self._keeping.plain.setdefault(plain, []).append(made)
        else:
            self._keeping.computed.append((text.pieces, made))

    # --- uses ------------------------------------------------------------------------------------

    def _use(self, name: str, sheet: Sheet) -> Declared | None:
        """Notes a use. What a definition says of itself does not count: a recursion alone is none."""
        found = sheet.find(name)
        if found is not None:
            if found.node is not self._owner:
                found.used = True
            return found
        for kept in self._keeping.plain.get(name, ()):
            kept.used = True
        for pieces, kept in self._keeping.computed:
            if fits(name, pieces):
                kept.used = True
        return None

    def _use_computed(self, text: tree.Text) -> None:
        pieces = text.pieces
        for name, kept in self._keeping.plain.items():
            if fits(name, pieces):
                for each in kept:
                    each.used = True
        for _, computed in self._keeping.computed:
            computed.used = True

    def _ref(self, ref: tree.Ref, sheet: Sheet) -> None:
        plain = ref.name.plain
        if plain is not None:
            self._use(plain, sheet)
        else:
            self._use_computed(ref.name)
            self._expression(ref.name, sheet)
        self._expression(ref.index, sheet)

    def _expression(self, expr: tree.Expr | None, sheet: Sheet) -> None:
        stack: list[tree.Expr | None] = [expr]
        while stack:
            item = stack.pop()
            match item:
                case tree.Name(name=name):
                    self._use(name, sheet)
                case tree.Text(parts=parts):
                    stack.extend(part for part in parts if not isinstance(part, str))
                case tree.Binary(left=left, right=right):
                    stack += (left, right)
                case tree.Unary(operand=operand):
                    stack.append(operand)
                case tree.Choose(then=then, condition=condition, otherwise=otherwise):
                    stack += (then, condition, otherwise)
                case tree.Item(value=value, index=index):
                    stack += (value, index)
                case tree.Field(value=value):
                    stack.append(value)
                case tree.ListExpr(items=items):
                    stack.extend(items)
                case tree.Apply(callee=callee, args=args):
                    stack.append(callee)
                    for arg in args:
                        stack += (arg.value, arg.later)

    def _call(self, call: tree.Call, sheet: Sheet) -> Declared | None:
        for arg in call.args or ():
            self._expression(arg.value, sheet)
            self._expression(arg.later, sheet)
        return self._use(call.name.name, sheet)

    # --- definitions and statements --------------------------------------------------------------

    def _definition(self, item: tree.Definition) -> None:
        self._owner = item
        self._keeping = Keeping()
        match item:
            case tree.Block(params=params, body=body) | tree.Model(params=params, body=body):
                sheet = Sheet(self._file)
                self._kept(body)
                self._parameters(params, sheet, item)
                self._stmts(body.stmts, sheet)
            case tree.Variant(call=call, body=body):
                self._call(call, self._file)
                self._stmts(body.stmts if body else (), self._file)
            case tree.FileLet(let=let):
                self._value(let, self._file)

    def _kept(self, body: tree.Body) -> None:
        """What is kept anywhere in a body may be used anywhere in it."""
        for unit in constructs(body):
            if isinstance(unit, tree.Keep):
                for text in unit.names:
                    self._keep(text, unit)

    def _parameters(
        self, params: tuple[tree.Param, ...], sheet: Sheet, owner: tree.Definition | tree.Let, *, may_hide: bool = True
    ) -> None:
        for param in params:
            self._expression(param.default, sheet)
            self._declare(Kind.PARAMETER, param.name, param, sheet, owner, may_hide=may_hide)

    def _value(self, let: tree.Let, sheet: Sheet) -> None:
        """The value of a `let`. What the parameters of a function are called is its own affair."""
        inner = sheet
        if let.params is not None:
            inner = Sheet(sheet)
            self._parameters(let.params, inner, let, may_hide=False)
        self._expression(let.value, inner)

    def _stmts(self, stmts: tuple[tree.Stmt, ...], sheet: Sheet) -> None:
        for stmt in stmts:
            self._statement(stmt, sheet)

    def _statement(self, stmt: tree.Stmt, sheet: Sheet) -> None:
        match stmt:
            case tree.Flow(steps=steps):
                for step in steps:
                    self._step(step, sheet)
            case tree.Let(name=name):
                self._value(stmt, sheet)
                self._declare(Kind.VALUE, name, stmt, sheet, self._owner)
            case tree.Default(call=call):
                self._call(call, sheet)
            case tree.Output(refs=refs):
                for ref in refs:
                    self._ref(ref, sheet)
            case tree.Shared(name=name, unit=unit):
                self._unit(unit, Sheet(sheet))
                self._declare(Kind.SHARED, name, stmt, sheet, self._owner)
            case tree.If():
                self._if(stmt, sheet)
            case tree.For(target=target, iterable=iterable, body=body):
                self._expression(iterable, sheet)
                inner = Sheet(sheet)
                self._target(target, inner)
                self._stmts(body.stmts, inner)
            case tree.Require(condition=condition, message=message):
                self._expression(condition, sheet)
                self._expression(message, sheet)
            case tree.Input(size=value) | tree.Survival(chance=value) | tree.Expect(value=value):
                self._expression(value, sheet)

    def _if(self, stmt: tree.If, sheet: Sheet) -> None:
        branch: tree.If | tree.Body | None = stmt
        while isinstance(branch, tree.If):
            self._expression(branch.condition, sheet)
            self._stmts(branch.body.stmts, Sheet(sheet))
            branch = branch.otherwise
        if branch is not None:
            self._stmts(branch.stmts, Sheet(sheet))

    def _target(self, target: tree.Target, sheet: Sheet) -> None:
        if target.name is not None:
            self._declare(Kind.LOOP, target.name, target, sheet, self._owner)
        for part in target.parts:
            self._target(part, sheet)

    # --- steps -----------------------------------------------------------------------------------

    def _step(self, step: tree.Step, sheet: Sheet) -> None:
        if step.label is not None:
            self._expression(step.label.name, sheet)
            self._expression(step.label.number, sheet)
        if isinstance(step.unit, tree.Call):
            called = self._call(step.unit, sheet)
            if step.label is not None:
                self.labels.append((step, called))
            return
        self._unit(step.unit, sheet)

    def _unit(self, unit: tree.Unit, sheet: Sheet) -> None:
        match unit:
            case tree.Call():
                self._call(unit, sheet)
            case tree.Body(stmts=stmts) | tree.Dense(body=tree.Body(stmts=stmts)):
                self._stmts(stmts, Sheet(sheet))
            case tree.Merge(body=body):
                self._stmts(body.stmts, Sheet(sheet))
            case tree.Repeat(count=count, unit=inner):
                self._expression(count, sheet)
                self._unit(inner, Sheet(sheet))
            case tree.Stage(label=label, unit=inner):
                self._expression(label.name, sheet)
                self._unit(inner, Sheet(sheet))
            case tree.Region(name=name, unit=inner):
                self._expression(name, sheet)
                self._unit(inner, Sheet(sheet))
            case tree.Aux(weight=weight, label=label, unit=inner):
                self._expression(weight, sheet)
                self._expression(label.name, sheet)
                self._unit(inner, Sheet(sheet))
            case tree.Residual():
                self._residual(unit, sheet)
            case tree.Keep(names=names):
                for text in names:
                    self._expression(text, sheet)
            case tree.From(ref=ref):
                self._ref(ref, sheet)

    def _residual(self, unit: tree.Residual, sheet: Sheet) -> None:
        if unit.survival is not None:
            self._expression(unit.survival.chance, sheet)
        policy = unit.shortcut.policy if unit.shortcut is not None else None
        for part in (unit.main, policy, unit.gate, unit.carry):
            if part is not None:
                self._unit(part, sheet)
        if unit.shortcut is not None and unit.shortcut.label is not None:
            self._expression(unit.shortcut.label.name, sheet)
