"""What an operator is: its facts together, in one frozen model.

An operator's fields are its arguments in the language, in order. Its methods are its meaning; none has a
silent default. A leaf states the fact (`Fault`); the elaborator adds the place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from resdsl.ops.init import Init
from resdsl.records import Record
from resdsl.shapes import Shape

Literal = int | Fraction | bool | str | None | tuple["Literal", ...]
Shapes = tuple[Shape, ...]


class Role(Enum):
    """What an operator does for the net; drawing themes turn it into a colour."""

    CONV = "conv"
    LINEAR = "linear"
    NORM = "norm"
    ACTIVATION = "activation"
    POOL = "pool"
    DROPOUT = "dropout"
    SHAPE = "shape"
    SCALE = "scale"
    RESIZE = "resize"
    MERGE = "merge"
    INPUT = "input"


class Weight(Record):
    """A tensor of the `state_dict`: its name below the module's key, its shape, and what it is.

    The name is empty for a `Parameter`: the node's path is the whole key.
    """

    name: str
    shape: tuple[int, ...]
    buffer: bool = False


class Window(Record):
    """What one output position sees along one axis: `kernel` taps, `dilation` apart, every `stride` positions.

    A stride below 1 is an upsampling. `before` is the padding at the low end.
    """

    kernel: int = 1
    stride: Fraction = Fraction(1)
    dilation: int = 1
    before: int = 0


class Saved(Record):
    """What PyTorch's eager kernels keep of one application for the backward pass, besides weights.

    `operands` and `output` are values as they stand. Everything else is counted in elements.
    """

    operands: tuple[int, ...] = ()
    """The operands that are kept, by index."""
    output: bool = False
    elements: int = 0
    """Elements for each input of a batch, in the type of the values: statistics, masks, copies."""
    constants: int = 0
    """Elements that do not grow with the batch."""
    indices: int = 0
    """64-bit integers for each input of a batch."""
    view: bool = False
    """Whether the output is the memory of operand 0."""
    passed: bool = False
    """Whether the gradients of the operands are the memory of the output's gradient: nothing is computed for them."""


OPERAND = Saved(operands=(0,))
OUTPUT = Saved(output=True)
NOTHING = Saved()
PASSED = Saved(passed=True)
VIEW = Saved(view=True, passed=True)
PART = Saved(view=True)


class Unset(Enum):
    """The default of an argument that must always be written."""

    UNSET = 0


class Arg(Record):
    """One argument of a PyTorch constructor or call.

    `positional` arguments are written without their name; one equal to its `default` is left out (unless a
    later positional one is written). `kind` groups arguments that may share a constructor parameter in
    generated classes: channels, kernel, stride, padding, dilation, groups, flag, real, size, count, word.
    """

    name: str
    value: Literal
    kind: str
    default: Literal | Unset = Unset.UNSET
    positional: bool = False


class Layer(Record):
    """An `nn` module: `target` is its text (`nn.Conv2d`), `init` what is not PyTorch's own initialisation.

    `init` maps a weight's name (`weight`, `bias`) to its initialiser; only for tensors whose initialisation
    differs from what the PyTorch constructor does.
    """

    target: str
    args: tuple[Arg, ...] = ()
    init: tuple[tuple[str, Init], ...] = ()


class Parameter(Record):
    """A tensor that is itself an attribute of the class, without a module around it: its key is the node's own path."""

    shape: tuple[int, ...]
    init: Init


class Call(Record):
    """An expression over the operands: `{0}`, `{1}`, ... are operand texts, `{name}` the argument `name`.

    `{self}` is the operator's own `Parameter` (`self.gamma`). A template with `{*}` takes all operands, separated by
    commas. `precedence` is that of the outermost operator: 0 for names, calls and attribute access (never needs
    brackets), 1 for products, 2 for sums. Operand `i` is put in brackets where its own precedence is above `binds`
    (0 when it is followed by a dot or the like).
    """

    template: str
    args: tuple[Arg, ...] = ()
    precedence: int = 0
    binds: int = 9


@dataclass(frozen=True, slots=True)
class Torch:
    """The PyTorch text of one application: as a module, as an expression, or either.

    Operators with weights have a `layer` only. One without weights may have both: the expression is used
    in a class's `forward` when `inline` holds, the module in an `nn.Sequential`. Without a `layer`, the
    operator cannot stand in an `nn.Sequential` and its surroundings become a class.
    """

    layer: Layer | None = None
    call: Call | None = None
    inline: bool = False
    before: Call | None = None
    """Applied to the operand first (a pad that differs at the two ends); keeps it out of `nn.Sequential`."""
    after: Call | None = None
    """Applied to the module's result (channels moved back to their place); keeps it out of `nn.Sequential`."""
    parameter: Parameter | None = None
    """The tensor that `{self}` in `call` stands for; there is no `layer` then."""

    def __post_init__(self) -> None:
        assert self.layer or self.call


class Operator(BaseModel, ABC):
    """Base of all operators. The language's name is the file's name is `kind`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    kind: ClassVar[str]
    role: ClassVar[Role]
    summary: ClassVar[str]
    """One line for docs/operators.md."""

    merge: ClassVar[bool] = False
    """Whether it takes several operands and is written with braces."""

    commutative: ClassVar[bool] = False
    """Whether its operands may be in any order."""

    keeps_output_for_backward: ClassVar[bool] = False
    """Whether autograd saves its output (an in-place step right after it would be an error), or its
    output may share memory with its input."""

    homogeneous: ClassVar[bool] = False
    """Whether f(p x) = p f(x) for every p > 0, so that a factor may be moved through it."""

    may_be_inplace: ClassVar[bool] = False
    """Whether its `nn` module takes `inplace=True`; `torch()` then has the flag argument `inplace`, false."""

    def __eq__(self, other: object) -> bool:
        """Equal are operators of one kind with equal arguments. `bias=0` is not `bias=false`, though 0 == False."""
        if type(self) is not type(other):
            return NotImplemented
        pairs = [(getattr(self, name), getattr(other, name)) for name in type(self).model_fields]
        return all(one == another and isinstance(one, bool) is isinstance(another, bool) for one, another in pairs)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in type(self).model_fields)))

    @abstractmethod
    def infer(self, inputs: Shapes) -> Shape:
        """Shape of the output. Raises `Fault` (codes E3xx) where the shapes do not fit."""

    @abstractmethod
    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        """Tensors of the `state_dict`, named and shaped as PyTorch does, in its order."""

    @abstractmethod
    def macs(self, inputs: Shapes) -> int:
        """Multiply-adds of convolutions and linear layers for one input, padding taps counted; else 0."""

    @abstractmethod
    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        """What an output position sees, for each axis of the output (none for a vector)."""

    @abstractmethod
    def saved(self, inputs: Shapes) -> Saved:
        """What a training step keeps for its backward pass."""

    @abstractmethod
    def torch(self, inputs: Shapes) -> Torch:
        """Its PyTorch text."""

    def arguments(self) -> dict[str, object]:
        """Arguments that differ from their defaults, in order, for pictures and the text form."""
        fields = type(self).model_fields
        return {
            name: value
            for name in fields
            if (value := getattr(self, name)) != fields[name].default or fields[name].is_required()
        }


class Weightless(Operator):
    """An operator without weights and without multiply-adds of its own."""

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return ()

    def macs(self, inputs: Shapes) -> int:
        return 0


class Elementwise(Operator):
    """An operator whose results stand where its elements stood, without multiply-adds of its own: the shape stays."""

    def infer(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def macs(self, inputs: Shapes) -> int:
        return 0

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims


class Pointwise(Weightless, Elementwise):
    """A weightless operator that maps each element by itself: shape and place stay."""


class Activation(Pointwise):
    role = Role.ACTIVATION
