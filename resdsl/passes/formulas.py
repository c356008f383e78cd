"""How a weight of a rewritten net follows from those of the net it was: arithmetic that is written down, not done.

A `Formula` is data: `resdsl.runtime.formulas` evaluates it, and `str()` shows it as one would write it,
`conv1.weight * (bn1.weight * (1 / sqrt(bn1.running_var + 1e-05)))[axis 0]`: a vector beside a tensor says along which
axis.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from resdsl.records import Record


class Formula(Record):
    """Base of all formulas."""

    def given(self) -> tuple[str, ...]:
        """Keys of the weights that it is made of, each once, in order."""
        found: dict[str, None] = {}
        stack: list[Formula] = [self]
        while stack:
            formula = stack.pop()
            if isinstance(formula, Given):
                found[formula.key] = None
            stack.extend(reversed(formula.parts()))
        return tuple(found)

    def parts(self) -> tuple[Formula, ...]:
        """The formulas that it is made of."""
        return ()

    def replaced(self, of: Callable[[str], Formula]) -> Formula:
        """The same with every given weight replaced: how passes follow one another."""
        fields: tuple[str, ...] = self.__match_args__
        return type(self)(*[_replaced(getattr(self, name), of) for name in fields])


def _replaced(value: object, of: Callable[[str], Formula]) -> object:
    if isinstance(value, Formula):
        return value.replaced(of)
    if isinstance(value, tuple):
        return tuple(_replaced(part, of) for part in value)
    return value


class Given(Formula):
    """A weight of the net as it was, by its key."""

    key: str

    def replaced(self, of: Callable[[str], Formula]) -> Formula:
        return of(self.key)

    def __str__(self) -> str:
        return self.key


class Full(Formula):
    """A tensor of one value."""

    shape: tuple[int, ...]
    value: Fraction = Fraction(0)

    def __str__(self) -> str:
        return f"{float(self.value):g}" if self.value else "0"


class Dirac(Formula):
    """The kernel of the identity: 1 in the middle of each channel's own filter, as `nn.init.dirac_(groups=...)`."""

    shape: tuple[int, ...]
    groups: int = 1

    def __str__(self) -> str:
        return "dirac" if self.groups == 1 else f"dirac(groups={self.groups})"


class Plus(Formula):
    """Sum of tensors of one shape."""

    terms: tuple[Formula, ...]

    def parts(self) -> tuple[Formula, ...]:
        return self.terms

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))


class Times(Formula):
    """Product of two tensors of one shape."""

    one: Formula
    other: Formula

    def parts(self) -> tuple[Formula, ...]:
        return self.one, self.other

    def __str__(self) -> str:
        return f"{_bracketed(self.one)} * {_bracketed(self.other)}"


class Scaled(Formula):
    """A tensor times a number."""

    of: Formula
    factor: Fraction

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        if self.factor == -1:
            return f"-{_bracketed(self.of)}"
        return f"{float(self.factor):g} * {_bracketed(self.of)}"


class Along(Formula):
    """A tensor, each of its slices along `axis` times one element of a vector."""

    of: Formula
    vector: Formula
    axis: int = 0

    def parts(self) -> tuple[Formula, ...]:
        return self.of, self.vector

    def __str__(self) -> str:
        return f"{_bracketed(self.of)} * {_bracketed(self.vector)}[axis {self.axis}]"


class PerInput(Formula):
    """A vector of input channels as a tensor of a grouped kernel's shape: its number at each tap that reads it."""

    of: Formula
    shape: tuple[int, ...]
    groups: int

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"{_bracketed(self.of)}[input channels, groups={self.groups}]"


class InverseRoot(Formula):
    """1 / sqrt(x + eps)."""

    of: Formula
    eps: Fraction

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"1 / sqrt({self.of} + {float(self.eps):g})"


class Total(Formula):
    """The sum over all axes but `keep`: a vector."""

    of: Formula
    keep: int = 0

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"sum({self.of}, all but axis {self.keep})"


class Joined(Formula):
    """Tensors one after the other along an axis."""

    pieces: tuple[Formula, ...]
    axis: int = 0

    def parts(self) -> tuple[Formula, ...]:
        return self.pieces

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.pieces if len(self.pieces) <= 4 else self.pieces[:3]))
        more = "" if len(self.pieces) <= 4 else f", ... {len(self.pieces)} in all"
        return f"cat([{shown}{more}], axis {self.axis})"


class Cut(Formula):
    """The slice `start:stop` along an axis."""

    of: Formula
    start: int
    stop: int
    axis: int = 0

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"{_bracketed(self.of)}[axis {self.axis}, {self.start}:{self.stop}]"


class Centred(Formula):
    """A kernel in the middle of a larger one of zeros; `kernel` is the size of the larger, axis by axis."""

    of: Formula
    kernel: tuple[int, ...]

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"centred({self.of}, {'x'.join(map(str, self.kernel))})"


class Reshaped(Formula):
    """The same elements in another shape."""

    of: Formula
    shape: tuple[int, ...]

    def parts(self) -> tuple[Formula, ...]:
        return (self.of,)

    def __str__(self) -> str:
        return f"{_bracketed(self.of)}.reshape({', '.join(map(str, self.shape))})"


def _bracketed(formula: Formula) -> str:
    return f"({formula})" if isinstance(formula, Plus | InverseRoot | Times | Scaled | Along) else str(formula)
