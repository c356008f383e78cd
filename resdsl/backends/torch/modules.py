"""Nodes and scopes as module expressions: layers, chains of them, instances of generated classes."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.backends.torch.dataflow import Dataflow, owner
from resdsl.backends.torch.ir import (
    ArgSlot,
    ChainModule,
    ClassModule,
    LayerModule,
    Leaf,
    Leaves,
    Module,
    ParameterModule,
)
from resdsl.backends.torch.steps import CallStep, NodeStep, Step, StepList
from resdsl.graph import Node, Scope, ScopeKind, Survival
from resdsl.ops.base import Arg, Call, Literal, Role, Torch
from resdsl.source import Span


@dataclass(slots=True)
class ClassUse:
    """Which generated class a scope is an instance of, and the values of its constructor's parameters."""

    class_id: int
    args: tuple[tuple[str, str, Literal], ...]
    """Name, kind, value."""


@dataclass(slots=True)
class Context:
    """What every body of one file is built from."""

    flow: Dataflow
    survivals: dict[Span, Survival]
    uses: dict[int, int]
    """How often each value is used, outputs counted."""
    classes: dict[Scope, ClassUse] = field(default_factory=dict)
    _chains: dict[Scope, list[Step] | None] = field(default_factory=dict)

    def steps(self, scope: Scope) -> list[Step]:
        return StepList(self.flow, self.survivals).of(scope)

    def chain(self, scope: Scope) -> list[Step] | None:
        """The steps of a scope that is a run of modules, each applied to the result of the one before; else `None`."""
        if scope not in self._chains:
            self._chains[scope] = self._find_chain(scope)
        return self._chains[scope]

    def _find_chain(self, scope: Scope) -> list[Step] | None:
        if scope.kind is ScopeKind.MODEL or (_is_block(scope) and not scope.numbered):
            return None
        border = self.flow.borders[scope]
        if len(border.inputs) != 1 or len(border.outputs) != 1 or border.modules:
            return None
        value = border.inputs[0]
        steps = self.steps(scope)
        for step in steps:
            if step.inputs != (value,) or len(step.outputs) != 1 or not self._is_link(step, scope):
                return None
            value = step.outputs[0]
        return steps if value == border.outputs[0] else None

    def _is_link(self, step: Step, scope: Scope) -> bool:
        if isinstance(step, CallStep):
            return (
                step.shared is None
                and not self.flow.borders[step.scope].modules
                and owner(step.scope)
                == (
                    scope,
                    step.scope.name,
                )
            )
        if not isinstance(step, NodeStep) or step.shared is not None or step.node.name is None:
            return False
        text = torch_text(self.flow, step.node)
        return text.layer is not None and not text.before and not text.after and owner(step.node)[0] is scope

    def module(self, item: Scope | Node, leaves: Leaves, part: str) -> Module:
        """The module of a node or scope, its numbers as leaves of `part`."""
        if isinstance(item, Node):
            return self.layer(item, leaves, part)
        chain = self.chain(item)
        if chain is not None:
            return ChainModule(tuple(self._link(step, leaves, part) for step in chain))
        use = self.classes[item]
        args = tuple((n, leaves.add(part, Leaf(v, kind, n, item.name or ""))) for n, kind, v in use.args)
        return ClassModule(use.class_id, args)

    def _link(self, step: Step, leaves: Leaves, part: str) -> tuple[str, Module]:
        assert isinstance(step, NodeStep | CallStep)
        item = step.node if isinstance(step, NodeStep) else step.scope
        assert item.name is not None
        return item.name, self.module(item, leaves, part)

    def layer(self, node: Node, leaves: Leaves, part: str) -> LayerModule | ParameterModule:
        text = torch_text(self.flow, node)
        if text.parameter is not None:
            shape = (leaves.add(part, Leaf(n, "channels", "channels", node.name or "")) for n in text.parameter.shape)
            return ParameterModule(tuple(shape), text.parameter.init)
        layer = text.layer
        assert layer is not None
        weights = node.op.weights(self.flow.graph.shapes(node))
        told = {name for name, _ in layer.init}
        keeps = any(w.buffer or w.name not in told for w in weights)
        args = tuple(self._arg(arg, node, leaves, part) for arg in layer.args)
        return LayerModule(layer.target, args, layer.init, keeps)

    def _arg(self, arg: Arg, node: Node, leaves: Leaves, part: str) -> ArgSlot:
        value = self.may_overwrite(node) if arg.name == "inplace" else arg.value
        return arg_slot(arg, value, node.name or "", leaves, part)

    def may_overwrite(self, node: Node) -> bool:
        """Whether a step may write its result over its operand: nobody else reads it, autograd included."""
        shared = any(  # other uses have other operands
            scope.kind is ScopeKind.SHARED for scope in node.scope.ancestors()
        )
        return node.op.may_be_inplace and not shared and self.is_fresh(node.operands[0])

    def is_fresh(self, value: int) -> bool:
        """Whether a value is used once, and its memory is its own and not saved for the backward pass."""
        node = self.flow.graph.node(value)
        maybe_skipped = node.scope.kind is ScopeKind.RESIDUAL and node.scope.span in self.survivals
        known = node.op.role is not Role.INPUT and not node.op.keeps_output_for_backward
        return known and not maybe_skipped and self.uses[value] == 1


def arg_slot(arg: Arg, value: Literal, member: str, leaves: Leaves, part: str) -> ArgSlot:
    slot = leaves.add(part, Leaf(value, arg.kind, arg.name, member))
    return ArgSlot(arg.name, slot, arg.default, arg.positional)


def torch_text(flow: Dataflow, node: Node) -> Torch:
    return node.op.torch(flow.graph.shapes(node))


def call_of(text: Torch) -> Call | None:
    """The expression to write in a forward pass, or `None` where the module is called."""
    if text.layer is None or text.inline:
        return text.call
    return None


def _is_block(scope: Scope) -> bool:
    return scope.kind is ScopeKind.BLOCK
