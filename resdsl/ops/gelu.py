"""Gaussian error linear unit."""

from __future__ import annotations

from resdsl.ops.base import Activation, Layer, Shapes, Torch


class Gelu(Activation):
    """x * Phi(x), with the exact distribution function Phi of the normal."""

    kind = "gelu"
    summary = "x times the normal distribution function of x"

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.GELU"))
