"""Expressions to values: exact, bounded, every fault at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resdsl.diagnostics import Fault, Report
from resdsl.diagnostics.suggest import respelling
from resdsl.elaborate.arithmetic import binary, boolean, described, number
from resdsl.elaborate.binding import Assignment, Signature, assign, initialiser, signature
from resdsl.elaborate.context import Context
from resdsl.elaborate.names import Names, extent
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.values import (
    UNKNOWN,
    BlockValue,
    Builtin,
    End,
    FunctionValue,
    Given,
    InitKind,
    Kept,
    ModelValue,
    OperatorValue,
    Size,
    Value,
    extent_fault,
    show,
    title,
)
from resdsl.limits import Deadline, Limits
from resdsl.shapes import Shape
from resdsl.source import Span
from resdsl.syntax import tree


class Evaluator(Names):
    """Evaluates the expressions of one program. `report` takes the faults."""

    def __init__(self, report: Report, limits: Limits, deadline: Deadline | None = None) -> None:
        super().__init__(report, limits, deadline)
        self.assignments: dict[tuple[int, str, int, tuple[str | None, ...]], Assignment | None] = {}
        self._signatures: dict[int, Signature] = {}
        self._table: dict[type[tree.Expr], Callable[[Any, Context], Value]] = {
            tree.Number: self._literal,
            tree.Bool: self._literal,
            tree.SizeLit: self._size,
            tree.Text: self._text,
            tree.Name: self._name,
            tree.Binary: self._binary,
            tree.Unary: self._unary,
            tree.Choose: self._choose,
            tree.Apply: self._apply,
            tree.Item: self._item,
            tree.Field: self._field,
            tree.ListExpr: self._list,
        }

    def block_signature(self, callee: BlockValue) -> Signature:
        """The parameters of a block, computed once."""
        key = id(callee.definition)
        known = self._signatures.get(key)
        if known is None:
            known = self._signatures[key] = signature(callee)
        return known

    # --- values ----------------------------------------------------------------------------------

    def evaluate(self, expr: tree.Expr, context: Context) -> Value:
        """The value, or `UNKNOWN` where a fault is reported."""
        try:
            return self.value(expr, context)
        except Failed:
            return UNKNOWN

    def value(self, expr: tree.Expr, context: Context) -> Value:
        """The value. Raises `Failed` where a fault is reported."""
        return self._table[type(expr)](expr, context)

    # --- expressions -----------------------------------------------------------------------------

    def _literal(self, expr: tree.Number | tree.Bool, _context: Context) -> Value:
        return expr.value

    def _size(self, expr: tree.SizeLit, _context: Context) -> Value:
        return Size(expr.values)

    def _text(self, expr: tree.Text, context: Context) -> Value:
        parts: list[str] = []
        length = 0
        for part in expr.parts:
            parts.append(part if isinstance(part, str) else show(self.value(part, context)))
            length += len(parts[-1])
            if length > self.limits.items:
                message = f"a string longer than {self.limits.items:,} characters"
                raise self.failure("E206", message, expr.span, context, help="--max-items raises the limit")
        return "".join(parts)

    def _measured(self, value: Value, span: Span, context: Context) -> Value:
        """A value that holds others, if all that it holds is within the limits. Raises `Failed`."""
        fault = extent_fault(value, self.limits.items, self.limits.nesting)
        if fault:
            what = "a list" if isinstance(value, tuple) else f"the arguments of {title(value)},"
            limit = "--max-items" if "items" in fault else "--max-nesting"
            raise self.failure("E206", f"{what} {fault}", span, context, help=f"{limit} raises the limit")
        return value

    def _name(self, expr: tree.Name, context: Context) -> Value:
        return self.lookup(expr.name, expr.span, context)

    def _binary(self, expr: tree.Binary, context: Context) -> Value:
        # A long sum leans to the left: it is walked, not recursed into.
        spine = [expr]
        left = expr.left
        while isinstance(left, tree.Binary):
            spine.append(left)
            left = left.left
        value = self.value(left, context)
        for node in reversed(spine):
            value = self._one_binary(node, value, context)
        return value

    def _one_binary(self, expr: tree.Binary, left: Value, context: Context) -> Value:
        try:
            if expr.op in ("and", "or"):
                if boolean(left, f"`{expr.op}`") is (expr.op == "or"):
                    return left
                return boolean(self.value(expr.right, context), f"`{expr.op}`")
            right = self.value(expr.right, context)
            found = binary(expr.op, left, right, self.limits)
        except Fault as fault:
            self.fault(fault, expr.span, context)
            raise Failed from None
        if isinstance(found, tuple):
            self.tick(expr.span, context)
            return self._measured(found, expr.span, context)
        return found

    def _unary(self, expr: tree.Unary, context: Context) -> Value:
        value = self.value(expr.operand, context)
        try:
            if expr.op == "not":
                return not boolean(value, "`not`")
            return -number(value, "`-`") if expr.op == "-" else number(value, "`+`")
        except Fault as fault:
            self.fault(fault, expr.span, context)
            raise Failed from None

    def condition(self, expr: tree.Expr, context: Context) -> bool:
        """A boolean. Raises `Failed`."""
        value = self.value(expr, context)
        if not isinstance(value, bool):
            raise self.failure("E202", f"a condition is true or false, not {described(value)}", expr.span, context)
        return value

    def _choose(self, expr: tree.Choose, context: Context) -> Value:
        chosen: tree.Expr = expr
        while isinstance(chosen, tree.Choose):
            chosen = chosen.then if self.condition(chosen.condition, context) else chosen.otherwise
        return self.value(chosen, context)

    def _list(self, expr: tree.ListExpr, context: Context) -> Value:
        return self._measured(tuple([self.value(item, context) for item in expr.items]), expr.span, context)

    def _item(self, expr: tree.Item, context: Context) -> Value:
        items = self.value(expr.value, context)
        index = self.value(expr.index, context)
        return self.item(items, index, expr.span, expr.index.span, context)

    def item(self, items: Value, index: Value, span: Span, index_span: Span, context: Context) -> Value:
        """`items[index]`. Raises `Failed`."""
        if isinstance(items, Size):
            items = items.axes
        if not isinstance(items, tuple):
            raise self.failure("E201", f"only a list has items, not {described(items)}", span, context)
        if isinstance(index, bool) or not isinstance(index, int):
            raise self.failure("E201", f"an index is a whole number, not {described(index)}", index_span, context)
        if not 0 <= index < len(items):
            message = f"there is no item {index} in a list of {len(items)}"
            help_ = f"items are counted from 0 to {len(items) - 1}" if items else "the list is empty"
            raise self.failure("E207", message, index_span, context, help=help_)
        return self._known(items[index])

    def _field(self, expr: tree.Field, context: Context) -> Value:
        value = self.value(expr.value, context)
        name = expr.name.name
        shape: Shape | None = None
        fields: tuple[str, ...] = ()
        if isinstance(value, Kept):
            shape, fields = value.node.shape, ("channels", "size")
        elif isinstance(value, End):
            shape, fields = value.shape, ("channels", "size", "stride")
        if shape is None:
            raise self.failure("E107", f"{described(value)} has no `.{name}`", expr.name.span, context)
        if name not in fields:
            listed = "there are " + ", ".join(f"`.{f}`" for f in fields)
            near = respelling(name, expr.name.span, fields, listed)
            raise self.failure("E107", f"{title(value)} has no `.{name}`", expr.name.span, context, **near)
        if name == "stride" and isinstance(value, End):
            return value.stride
        return shape.channels if name == "channels" else extent(shape.size)

    # --- calls -----------------------------------------------------------------------------------

    def _apply(self, expr: tree.Apply, context: Context) -> Value:
        callee = self.value(expr.callee, context)
        match callee:
            case Builtin():
                return self._call_builtin(callee, expr, context)
            case FunctionValue():
                return self._call_function(callee, expr, context)
            case OperatorValue() | BlockValue():
                return self._measured(self.fill(callee, expr.args, context), expr.span, context)
            case InitKind():
                given = self.given(callee, expr.args, context, then=False)
                try:
                    return initialiser(callee, given)
                except Fault as fault:
                    span = next((g.span for g in given if g.name == fault.argument), expr.span)
                    self.fault(fault, span, context)
                    raise Failed from None
            case ModelValue():
                raise self.failure(
                    "E114", f"`{show(callee)}` is a model: only a variant can call it", expr.span, context
                )
        raise self.failure("E114", f"{described(callee)} cannot be called", expr.callee.span, context)

    def fill(self, callee: OperatorValue | BlockValue, args: tuple[tree.Arg, ...], context: Context) -> Value:
        """An operator or block with more arguments filled in. Raises `Failed`."""
        given = self.given(callee, args, context, then=False)
        if any(g.value is UNKNOWN for g in given):
            raise Failed
        if isinstance(callee, OperatorValue):
            return OperatorValue(callee.kind, callee.args + given)
        return BlockValue(callee.definition, callee.home, callee.args + given)

    def given(
        self,
        callee: OperatorValue | BlockValue | InitKind | FunctionValue | Builtin,
        args: tuple[tree.Arg, ...],
        context: Context,
        *,
        then: bool = True,
    ) -> tuple[Given, ...]:
        """The arguments of a call, named and evaluated (`UNKNOWN` where one is in error). Raises `Failed`."""
        if not args:
            return ()
        assignment = self.assignment(callee, args, context)
        if assignment is None:
            raise Failed
        return tuple([self._given(item, context, then) for item in assignment])

    def assignment(
        self,
        callee: OperatorValue | BlockValue | InitKind | FunctionValue | Builtin,
        args: tuple[tree.Arg, ...],
        context: Context | None,
    ) -> Assignment | None:
        """Which argument goes to which parameter; `None` where that is in error. Found once for each place."""
        filled = tuple([g.name for g in callee.args]) if isinstance(callee, OperatorValue | BlockValue) else ()
        if isinstance(callee, BlockValue):
            key = (id(args), "block", id(callee.definition), filled)
        elif isinstance(callee, FunctionValue):
            key = (id(args), "function", id(callee.let), filled)
        else:
            key = (id(args), callee.kind if not isinstance(callee, Builtin) else callee.name, 0, filled)
        if key not in self.assignments:
            found, faults = assign(callee, args)
            for fault in faults:
                self.error(
                    fault.code,
                    fault.message,
                    fault.span,
                    context,
                    secondary=fault.secondary,
                    help=fault.help,
                    fixes=fault.fixes,
                )
            self.assignments[key] = None if faults else found
        elif self.assignments[key] is None:
            self.failed = True
        return self.assignments[key]

    def _given(self, item: tuple[str, tree.Arg, frozenset[str]], context: Context, then: bool) -> Given:
        name, arg, words = item
        expr = arg.value
        if arg.later is not None:
            if not then or context.first is None:
                where = "in an argument filled in for later" if not then else "outside a repeat"
                self.error("E210", f"`then` {where} has no meaning", arg.span, context)
                return Given(name, UNKNOWN, arg.span)
            if not context.first:
                expr = arg.later
        if words and isinstance(expr, tree.Name):
            if expr.name in words:
                return Given(name, expr.name, expr.span)
            if not self.in_sight(expr.name, context):
                self.not_a_word(name, expr, words, context)
                return Given(name, UNKNOWN, expr.span)
        return Given(name, self.evaluate(expr, context), expr.span, arg.name.span if arg.name else None)

    def not_a_word(self, name: str, expr: tree.Name, words: frozenset[str], context: Context | None) -> None:
        message = f"`{name}` is one of {', '.join(sorted(words))}, not {expr.name}"
        self.error("E208", message, expr.span, context, **respelling(expr.name, expr.span, words))

    def _call_builtin(self, callee: Builtin, expr: tree.Apply, context: Context) -> Value:
        self.tick(expr.span, context)
        try:
            if callee.names:
                given = self.given(callee, expr.args, context, then=False)
                if any(g.value is UNKNOWN for g in given):
                    raise Failed
                return callee.call(**{str(g.name): g.value for g in given})
            for arg in expr.args:
                if arg.name is not None:
                    raise self.failure("E120", f"{callee.name} has no named arguments", arg.name.span, context)
            found = callee.call(*[self.value(arg.value, context) for arg in expr.args])
            return self._measured(found, expr.span, context) if isinstance(found, tuple) else found
        except Fault as fault:
            self.fault(fault, expr.span, context)
            raise Failed from None

    def _call_function(self, callee: FunctionValue, expr: tree.Apply, context: Context) -> Value:
        variables = self.parameters(callee, self.given(callee, expr.args, context, then=False), expr.span, context)
        if UNKNOWN in variables.values():
            raise Failed
        inner = callee.closure.binding(variables)
        inner.value = context.value
        self.enter(callee.let.name.name, expr.span, context)
        try:
            return self.value(callee.let.value, inner)
        finally:
            self.leave()

    def parameters(
        self, callee: FunctionValue, given: tuple[Given, ...], span: Span, context: Context
    ) -> dict[str, Value]:
        """The variables of a function's call, defaults included. Raises `Failed`."""
        values = {str(g.name): g.value for g in given}
        variables: dict[str, Value] = {}
        for param in callee.let.params or ():
            name = param.name.name
            if name in values:
                variables[name] = values[name]
            elif param.default is not None:
                variables[name] = self.value(param.default, callee.closure.binding(variables))
            else:
                raise self.failure("E121", f"`{callee.let.name.name}` needs its argument `{name}`", span, context)
        return variables
