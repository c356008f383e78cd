"""Gaussian error linear unit."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Layer, Saved, Shapes, Torch


class Gelu(Activation):
    """x * Phi(x), with the exact distribution function Phi of the normal."""

    kind = "gelu"
    summary = "x times the normal distribution function of x"

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.GELU"))
