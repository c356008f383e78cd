"""Runs the PyTorch text of one operator, as a generated class would."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional

from resdsl.ops.base import Arg, Call, Layer, Literal, Operator, Shapes

NAMES = {"torch": torch, "nn": nn, "F": functional, "float": float}


def value_text(value: Literal) -> str:
    """A value as Python source: exact fractions become floats."""
    if isinstance(value, Fraction):
        return repr(float(value))
    if isinstance(value, tuple):
        return "(" + "".join(f"{value_text(v)}, " for v in value) + ")"
    return repr(value)


def layer_text(layer: Layer, override: Mapping[str, Literal] | None = None) -> str:
    """The constructor call, defaults left out."""
    args = [_replace(arg, override or {}) for arg in layer.args]
    last = max((i for i, arg in enumerate(args) if arg.positional and arg.value != arg.default), default=-1)
    parts = [
        value_text(arg.value) if arg.positional else f"{arg.name}={value_text(arg.value)}"
        for i, arg in enumerate(args)
        if arg.value != arg.default or (arg.positional and i < last)
    ]
    return f"{layer.target}({', '.join(parts)})"


def _replace(arg: Arg, override: Mapping[str, Literal]) -> Arg:
    if arg.name not in override:
        return arg
    return Arg(arg.name, override[arg.name], arg.kind, arg.default, arg.positional)


def call_text(call: Call, operands: list[str]) -> str:
    """The expression over operand names."""
    template = call.template.replace("{*}", ", ".join(operands))
    values = {arg.name: value_text(arg.value) for arg in call.args}
    return template.format(*operands, self="self", **values)


class Module(nn.Module):
    """One operator as a module. Its weights are under the names that `weights()` gives them.

    `inline` chooses the expression where there is a layer too; `inplace` builds the layer with `inplace=True`.
    """

    def __init__(self, op: Operator, inputs: Shapes, *, inline: bool = False, inplace: bool = False) -> None:
        super().__init__()
        self.text = op.torch(inputs)
        self.layer: nn.Module | None = None
        self.own: nn.Parameter | None = None
        if self.text.layer and not (inline and self.text.call):
            override: dict[str, Literal] = {"inplace": True} if inplace else {}
            self.layer = eval(layer_text(self.text.layer, override), dict(NAMES))
            for name, init in self.text.layer.init:
                self._initialise(getattr(self.layer, name), init.line("tensor"))
        if self.text.parameter:
            self.own = nn.Parameter(torch.empty(self.text.parameter.shape))
            self._initialise(self.own, self.text.parameter.init.line("tensor"))

    @staticmethod
    def _initialise(tensor: Tensor, line: str) -> None:
        exec(line, {**NAMES, "tensor": tensor})

    def tensors(self) -> dict[str, Tensor]:
        """The `state_dict` below the operator's key, a bare parameter under the empty name."""
        if self.own is not None:
            return {"": self.own}
        return dict(self.layer.state_dict()) if self.layer else {}

    def forward(self, *operands: Tensor) -> Tensor:
        if self.layer is None:
            assert self.text.call is not None
            return self._evaluate(self.text.call, *operands)
        (x,) = operands
        if self.text.before:
            x = self._evaluate(self.text.before, x)
        x = self.layer(x)
        return self._evaluate(self.text.after, x) if self.text.after else x

    def _evaluate(self, call: Call, *operands: Tensor) -> Tensor:
        names = [f"x{i}" for i in range(len(operands))]
        scope = {**NAMES, **dict(zip(names, operands, strict=True)), "self": self.own}
        result: Tensor = eval(call_text(call, names), scope)
        return result
