"""Initialisers: values of the language (`init=kaiming_normal(fan=out)`) and lines of PyTorch."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict

from resdsl.ops.arguments import Positive, Real, word

Fan = Annotated[str, word("in", "out")]


class Init(BaseModel):
    """Base of the initialisers. `lines(tensor)` is the PyTorch statement that fills `tensor`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)
    kind: ClassVar[str]
    title: ClassVar[str]

    def line(self, tensor: str) -> str:
        raise NotImplementedError

    def describe(self) -> str:
        """A few words for docstrings."""
        return self.title


class KaimingNormal(Init):
    """N(0, 2 / fan): He et al., Delving Deep into Rectifiers, arXiv:1502.01852, eq. 10 and 14."""

    kind = "kaiming_normal"
    title = "Kaiming normal"
    fan: Fan = "in"

    def line(self, tensor: str) -> str:
        return f'nn.init.kaiming_normal_({tensor}, mode="fan_{self.fan}", nonlinearity="relu")'

    def describe(self) -> str:
        return f"{self.title} by fan-{self.fan}"


class KaimingUniform(Init):
    """U(-b, b) with b = sqrt(6 / fan)."""

    kind = "kaiming_uniform"
    title = "Kaiming uniform"
    fan: Fan = "in"

    def line(self, tensor: str) -> str:
        return f'nn.init.kaiming_uniform_({tensor}, mode="fan_{self.fan}", nonlinearity="relu")'

    def describe(self) -> str:
        return f"{self.title} by fan-{self.fan}"


class XavierNormal(Init):
    """N(0, 2 / (fan_in + fan_out)): Glorot and Bengio, 2010."""

    kind = "xavier_normal"
    title = "Xavier normal"

    def line(self, tensor: str) -> str:
        return f"nn.init.xavier_normal_({tensor})"


class XavierUniform(Init):
    kind = "xavier_uniform"
    title = "Xavier uniform"

    def line(self, tensor: str) -> str:
        return f"nn.init.xavier_uniform_({tensor})"


class Normal(Init):
    kind = "normal"
    title = "normal"
    std: Positive

    def line(self, tensor: str) -> str:
        return f"nn.init.normal_({tensor}, std={float(self.std)!r})"

    def describe(self) -> str:
        return f"normal with standard deviation {float(self.std)!r}"


class TruncNormal(Init):
    """N(0, std) cut at plus and minus 2."""

    kind = "trunc_normal"
    title = "truncated normal"
    std: Positive

    def line(self, tensor: str) -> str:
        return f"nn.init.trunc_normal_({tensor}, std={float(self.std)!r}, a=-2, b=2)"

    def describe(self) -> str:
        return f"truncated normal with standard deviation {float(self.std)!r}"


class Constant(Init):
    kind = "constant"
    title = "constant"
    value: Real

    def line(self, tensor: str) -> str:
        if self.value in (Fraction(0), Fraction(1)):
            return f"nn.init.{'ones' if self.value else 'zeros'}_({tensor})"
        return f"nn.init.constant_({tensor}, {float(self.value)!r})"

    def describe(self) -> str:
        return f"constant {float(self.value)!r}"


INITS: dict[str, type[Init]] = {
    cls.kind: cls for cls in (KaimingNormal, KaimingUniform, XavierNormal, XavierUniform, Normal, TruncNormal, Constant)
}


def weight_and_bias(init: Init | None, bias: bool | Fraction) -> tuple[tuple[str, Init], ...]:
    """What is not PyTorch's own initialisation of a layer with `weight` and `bias`."""
    weight: tuple[tuple[str, Init], ...] = (("weight", init),) if init else ()
    return weight if isinstance(bias, bool) else (*weight, ("bias", Constant(value=bias)))
