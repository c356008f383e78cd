"""The body of one generated class: its members and its forward pass, from the steps of a module scope."""

from __future__ import annotations

from dataclasses import replace

from resdsl.backends.torch.dataflow import owner
from resdsl.backends.torch.forward import (
    FOREVER,
    LINE,
    Lines,
    Pending,
    breaks_before,
    is_call,
    is_heavy,
    is_whole,
    width,
)
from resdsl.backends.torch.ir import (
    MAIN,
    Assign,
    Body,
    Draft,
    Expr,
    IfMember,
    Leaf,
    Leaves,
    MemberCall,
    MemberValue,
    Module,
    Slot,
    Template,
    Var,
)
from resdsl.backends.torch.modules import Context, arg_slot, call_of, torch_text
from resdsl.backends.torch.names import argument_name, attribute_names, identifier, in_text_order, member_names
from resdsl.backends.torch.places import Places, Position, Sketch
from resdsl.backends.torch.returning import write_returns
from resdsl.backends.torch.steps import AuxStep, CallStep, NodeStep, ShortcutStep, Step, UnitStep
from resdsl.backends.torch.survival import starts_step, write_unit
from resdsl.graph import Node, Scope, ScopeKind
from resdsl.ops.base import Call, Role, Torch
from resdsl.ops.inputs import Input
from resdsl.shapes import Shape

EACH = {
    "add": "sum(branch({*}) for branch in {self})",
    "concat": "torch.cat([branch({*}) for branch in {self}], dim=1)",
}
"""Merges of many equal branches."""


class BodyBuilder:
    """Builds the draft of one module scope."""

    def __init__(self, context: Context, scope: Scope, steps: list[Step], places: Places, sketch: Sketch) -> None:
        self.context = context
        self.flow = context.flow
        self.scope = scope
        self.steps = steps
        self.sketch = sketch
        self.places = places
        self.leaves = Leaves()
        self.members: dict[str, Module | None] = {}
        self.optional: dict[str, Module | None] = {}
        self.ranks: dict[str, float] = {}
        self.order: dict[Step, int] = {}
        self.override: dict[tuple[int, int], int] = {}
        self.root = scope.parent is None
        graph = self.flow.graph
        border = self.flow.borders[scope]
        self.takes = graph.inputs if self.root else border.inputs
        self.modules = {key: argument_name(key) for key in border.modules}
        self.attributes = attribute_names(context, scope, steps)
        self.every = member_names(scope, steps)
        self.taken = {name.split(".")[0] for name in self.every}
        self.written = {step: place for place, step in enumerate(in_text_order(steps))}
        last_use = self._last_uses()
        forced = frozenset(v for v, place in places.of.items() if place in sketch.forced)
        self.lines = Lines(last_use, forced, self.modules.values())
        for name, value in zip(self._take_names(), self.takes, strict=True):
            self.lines.bind(value, name)
        self.arguments = tuple(self.lines.variables[v] for v in self.takes)

    def draft(self) -> Draft:
        if self.root and self.context.survivals:
            self.lines.statements.append(starts_step(self))
        for step in self.steps:
            self.step(step)
        write_returns(self)
        self._shared_members()
        body = Body(
            tuple(sorted(self.members.items(), key=lambda member: self.ranks.get(member[0], FOREVER))),
            self.arguments,
            tuple((name, "Tensor" if key in self.flow.tensors else "nn.Module") for key, name in self.modules.items()),
            tuple(self.lines.statements),
        )
        return Draft(body, self.leaves, self.optional)

    # --- order and names -------------------------------------------------------------------------

    def _take_names(self) -> list[str]:
        """Arguments of the forward pass: `x`, and what the text calls the other values."""
        names: list[str] = []
        for place, value in enumerate(self.takes):
            node = self.flow.graph.node(value)
            said = node.op.name if isinstance(node.op, Input) else node.kept
            name = identifier(said) if said and (self.root or place > 0) else "x"
            while name in names or name in self.modules.values():
                name += "_"
            names.append(name)
        return names

    def _last_uses(self) -> dict[int, int]:
        last: dict[int, int] = {}

        def visit(step: Step) -> None:
            if isinstance(step, UnitStep):
                for inner in step.before:
                    visit(inner)
                for inner in (*step.branch, *step.merges):
                    visit(inner)
                self.order[step] = len(self.order)
                return
            self.order[step] = len(self.order)
            for value in step.inputs:
                last[value] = self.order[step]
            if isinstance(step, ShortcutStep) and (step.step is None or self._mixed(step)):
                last[step.value] = self.order[step]

        for step in self.steps:
            visit(step)
        outputs = [o.node for o in self.flow.graph.outputs] + [a.node for a in self.flow.graph.aux]
        for value in outputs if self.root else self.flow.borders[self.scope].outputs:
            last[value] = FOREVER
        return last

    def _mixed(self, step: ShortcutStep) -> tuple[str, Position] | None:
        return self.sketch.mixed.get(self.places.shortcuts.index(step))

    # --- steps -----------------------------------------------------------------------------------

    def step(self, step: Step) -> None:
        known = len(self.members)
        self._dispatch(step)
        for member in list(self.members)[known:]:
            self.ranks.setdefault(member, self.written.get(step, FOREVER))

    def _dispatch(self, step: Step) -> None:
        if isinstance(step, NodeStep):
            self._node(step)
        elif isinstance(step, CallStep):
            self._call(step)
        elif isinstance(step, ShortcutStep):
            self._shortcut(step)
        elif isinstance(step, UnitStep):
            write_unit(self, step)
        else:
            self._aux(step)

    def _node(self, step: NodeStep) -> None:
        node, order = step.node, self.order[step]
        self.lines.begin(step.branch, order - 1)
        values = [self.override.get((node.id, port), v) for port, v in enumerate(node.operands)]
        if node.op.merge:
            self._merge(step, values, order)
            return
        text = torch_text(self.flow, node)
        if len(values) > 1:
            self._module_of_several(step, values, order)
            return
        pending = self.lines.pending.get(values[0])
        if pending is not None and (breaks_before(node.op.role, pending) or width(pending.expr) > LINE - 16):
            self.lines.flush(values[0], order - 1)
        operand, before = self.lines.take(values[0])
        expr = self._apply(step, text, operand)
        heavy = is_heavy(node.op.role) or bool(before and before.heavy)
        normed = bool(before and before.normed) or node.op.role is Role.NORM
        self._result(step, Pending(expr, step.hint, order, heavy, normed, branch=step.branch))

    def _module_of_several(self, step: NodeStep, values: list[int], order: int) -> None:
        """A layer that takes several values, each of them on a line of its own where it is a call that counts."""
        for value in values:
            pending = self.lines.pending.get(value)
            if pending is not None and pending.heavy and not isinstance(pending.expr, IfMember):
                self.lines.flush(value, order - 1)
        operands = tuple(self.lines.take(value)[0] for value in values)
        expr = self._invoke(step.node, step.shared, operands, self._member_name(step.node))
        self._result(step, Pending(expr, step.hint, order, heavy=True, branch=step.branch))

    def _apply(self, step: NodeStep, text: Torch, operand: Expr) -> Expr:
        node = step.node
        member = self._member_name(node)
        if text.before:
            operand = self._template(text.before, (operand,), node)
        call = call_of(text)
        if call is not None:
            if text.parameter is not None:
                key = self.flow.shared_key(step.shared) if step.shared is not None else None
                if key in self.modules:
                    handed = self._template(call, (operand, Var(self.modules[key])), node)
                    return replace(handed, text=handed.text.replace("{self}", "{1}"))
                self._register(member, node)
            return self._template(call, (operand,), node, member)
        result = self._invoke(node, step.shared, (operand,), member)
        return self._template(text.after, (result,), node) if text.after else result

    def _invoke(self, item: Node | Scope, shared: Scope | None, operands: tuple[Expr, ...], member: str) -> Expr:
        """A call of a member; of an argument, where the module is declared further out."""
        if shared is not None:
            key = self.flow.shared_key(shared)
            if key in self.modules:
                return Template(f"{self.modules[key]}({{*}})", operands)
        self._register(member, item)
        return MemberCall(member, operands)

    def _register(self, member: str, item: Node | Scope, part: str = MAIN) -> None:
        if member in self.members or _is_alias(item):
            return
        self.members[member] = self.context.module(item, self.leaves, part)

    def _member_name(self, item: Node | Scope) -> str:
        return self.attributes.get(item, owner(item)[1])

    def _template(self, call: Call, operands: tuple[Expr, ...], node: Node, own: str = "") -> Template:
        args = tuple(arg_slot(arg, arg.value, node.name or node.op.kind, self.leaves, MAIN) for arg in call.args)
        return Template(call.template, operands, args, call.precedence, call.binds, own)

    def _result(self, step: NodeStep | CallStep, pending: Pending) -> None:
        (value,) = step.outputs
        node = self.flow.graph.node(value)
        self.lines.comments[value] = self._comment(node.shape)
        if node.kept:
            pending = replace(pending, hint=identifier(node.kept))
        self.lines.put(value, pending, self.order[step])

    def _comment(self, shape: Shape) -> Slot:
        text = "(" + ", ".join(["N", *map(str, shape.full)]) + ")"
        if self.flow.reshaped and not self.flow.reshaped.isdisjoint(self.scope.ancestors()):
            text = ""
        return self.leaves.add(MAIN, Leaf(text, "comment", "shape", ""))

    def _merge(self, step: NodeStep, values: list[int], order: int) -> None:
        node = step.node
        if self._adds_in_place(node, values):
            self.lines.flush(values[0], order - 1)
            name = self.lines.variables[values[0]]
            expr, _ = self.lines.take(values[1])
            self.lines.statements.append(Assign((name,), expr, op="+="))
            self.lines.bind(node.id, name)
            return
        folded = self._each(node.op.kind, values)
        if folded is not None:
            self._result(step, Pending(folded, step.hint, order))
            return
        pending = [self.lines.pending.get(v) for v in values]
        total = sum(width(p.expr) if p else 4 for p in pending)
        simple = all(p is None or is_call(p.expr) for p in pending)
        for value, operand in zip(values, pending, strict=True):
            if operand and operand.heavy and not (simple and node.op.kind == "concat" and total < LINE - 30):
                self.lines.flush(value, order - 1)
        operands = tuple(self.lines.take(v)[0] for v in values)
        call = torch_text(self.flow, node).call
        assert call is not None
        self._result(step, Pending(self._template(call, operands, node), step.hint, order))

    def _each(self, kind: str, values: list[int]) -> Template | None:
        """A merge of equal calls on members 0, 1, ... of one list, as one expression over the list."""
        calls = [pending.expr for value in values if (pending := self.lines.pending.get(value))]
        members = [call for call in calls if isinstance(call, MemberCall) and is_call(call)]
        if kind not in EACH or len(members) < 3 or len(members) != len(values):
            return None
        container, dot, _ = members[0].path.rpartition(".")
        names = {f"{container}{dot}{place}" for place in range(len(members))}
        in_order = [call.path for call in members] == [f"{container}{dot}{i}" for i in range(len(members))]
        whole = {name for name in self.every if name.rpartition(".")[0] == container} == names
        if not in_order or not whole or (not container and self.every != names):
            return None
        if len({call.operands for call in members}) != 1:
            return None
        for value in values:
            self.lines.take(value)
        return Template(EACH[kind], members[0].operands, own=container)

    def _adds_in_place(self, node: Node, values: list[int]) -> bool:
        """`y += shortcut`: the plain residual sum, where the branch's result is nobody else's."""
        if node.scope.kind is not ScopeKind.RESIDUAL or node.op.kind != "add" or len(values) != 2:
            return False
        if len([i for i in node.scope.items if isinstance(i, int)]) != 1 or values[0] in self.takes:
            return False
        return self.context.is_fresh(values[0])

    def _call(self, step: CallStep) -> None:
        order = self.order[step]
        self.lines.begin(step.branch, order - 1)
        for value in step.inputs:
            pending = self.lines.pending.get(value)
            if pending is not None and breaks_before(None, pending):
                self.lines.flush(value, order - 1)
        operands: list[Expr] = [self.lines.take(v)[0] for v in step.inputs]
        operands += [
            Var(self.modules[key]) if key in self.modules else MemberValue(self._local(key))
            for key in self.flow.borders[step.scope].modules
        ]
        expr = self._invoke(step.scope, step.shared, tuple(operands), self._member_name(step.scope))
        if len(step.outputs) == 1:
            self._result(
                step, Pending(expr, step.hint, order, heavy=True, whole=is_whole(step.scope), branch=step.branch)
            )
            return
        names = []
        for value in step.outputs:
            node = self.flow.graph.node(value)
            name = self.lines.free_name(identifier(node.kept) if node.kept else step.hint, order)
            self.lines.bind(value, name)
            names.append(name)
        self.lines.statements.append(Assign(tuple(names), expr))

    def _local(self, key: str) -> str:
        path = self.scope.path
        return key[len(path) + 1 :] if path else key

    def _shortcut(self, step: ShortcutStep) -> None:
        mixed = self._mixed(step)
        order = self.order[step]
        if mixed is None:
            if step.step is not None:
                self.order[step.step] = order
                self._dispatch(step.step)
            return
        member, place = mixed
        operand_value = next(v for v, p in self.places.of.items() if p == place)
        value = step.output
        if step.step is None:
            value = -1 - order
            self.lines.last_use[value] = FOREVER
            merges = [i for i in step.residual.items if isinstance(i, int)]
            self.override[merges[0] if len(merges) == 1 else merges[-2], 1] = value
        self.optional[member] = (
            self.context.module(_item(step.step), self.leaves, member) if step.step is not None else None
        )
        self.members.setdefault(member, None)
        for v in (operand_value, step.value):
            self.lines.flush(v, order - 1)
        operand, otherwise = self.lines.take(operand_value)[0], self.lines.take(step.value)[0]
        self.lines.put(value, Pending(IfMember(member, operand, otherwise), step.hint, order, heavy=True), order)

    def _aux(self, step: AuxStep) -> None:
        inner = step.step
        self.order[inner] = self.order[step]
        for value in step.inputs:
            self.lines.flush(value, self.order[step] - 1)
        self._dispatch(inner)
        (value,) = step.outputs
        expr, _ = self.lines.take(value)
        if isinstance(expr, Var):
            return
        name = inner.node.name if isinstance(inner, NodeStep) else inner.scope.name
        hint = identifier(name or "aux")
        self.lines.pending[value] = Pending(Template("{0} if self.training else None", (expr,), (), 3), hint, 0)
        self.lines.flush(value, self.order[step])

    # --- ends --------------------------------------------------------------------------------------

    def _shared_members(self) -> None:
        """Members that are declared here and used further in only."""
        for item in self.flow.shared:
            if owner(item)[0] is self.scope and self.flow.is_member(item):
                self._register(owner(item)[1], item)


def _item(step: NodeStep | CallStep) -> Node | Scope:
    return step.node if isinstance(step, NodeStep) else step.scope


def _is_alias(item: Node | Scope) -> bool:
    scope = item.scope if isinstance(item, Node) else item
    return (isinstance(item, Node) and item.alias_of is not None) or any(s.alias_of for s in scope.ancestors())
