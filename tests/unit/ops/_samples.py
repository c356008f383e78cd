"""Arguments and input shapes for every operator. An operator that is missing here fails the contract test."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from resdsl.ops.base import Operator, Shapes
from resdsl.ops.init import INITS
from resdsl.ops.registry import operator
from resdsl.shapes import Shape

VECTOR = Shape(6)
LINE = Shape(6, (11,))
MAP = Shape(6, (11, 9))
VOLUME = Shape(6, (5, 7, 6))
MAPS = (LINE, MAP, VOLUME)
ALL = (VECTOR, *MAPS)


@dataclass(frozen=True)
class Sample:
    """One application: arguments as the elaborator hands them over, and operand shapes."""

    kind: str
    inputs: Shapes
    arguments: dict[str, object] = field(default_factory=dict)

    def op(self) -> Operator:
        return operator(self.kind).model_validate(self.arguments)

    def __str__(self) -> str:
        arguments = ",".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.kind}({arguments})-{'-'.join(map(str, self.inputs))}".replace(" ", "")


def over(kind: str, shapes: Shapes, *choices: dict[str, object]) -> list[Sample]:
    """Every choice of arguments on every shape."""
    return [Sample(kind, (shape,), choice) for shape in shapes for choice in choices or ({},)]


def merges(kind: str, *inputs: Shapes) -> list[Sample]:
    return [Sample(kind, shapes) for shapes in inputs]


_HALF = Fraction(1, 2)
_EQUAL = tuple((shape,) * count for shape in ALL for count in (1, 2, 3))

_WITHOUT_ARGUMENTS = (
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "elu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "hardswish",
    "hardsigmoid",
    "softplus",
    "identity",
    "softmax",
    "dropout",
    "flatten",
    "complement",
    "normalize",
    "channel_mean",
    "channel_max",
)

_POOLS: tuple[dict[str, object], ...] = (
    {},
    {"to": 3},
    {"k": 2},
    {"k": 3, "stride": 2},
    {"k": 3, "stride": 2, "ceil": True},
    {"k": 3, "stride": 2, "pad": 0, "ceil": True},
    {"k": 2, "stride": 2, "pad": 1, "ceil": True},
    {"k": 3, "stride": 1, "pad": 2},
    {"k": 1},
)

SAMPLES: tuple[Sample, ...] = (
    *over(
        "conv",
        MAPS,
        {"k": 3, "width": 4},
        {"k": 3, "width": 9, "groups": 3, "stride": 2, "bias": True},
        {"k": 3, "width": 4, "dilation": 2, "bias": Fraction(-2), "padding_mode": "reflect"},
        {
            "k": 2,
            "width": 4,
            "stride": 2,
            "bias": False,
            "init": INITS["kaiming_normal"].model_validate({"fan": "out"}),
        },
        {"k": 4, "width": 4, "pad": 1, "padding_mode": "circular"},
    ),
    *over(
        "conv",
        (MAP,),
        {"k": (3, 1), "width": 4, "stride": (2, 1)},
        {"k": 4, "width": 4, "pad": ((1, 2), (0, 3))},
        {"k": 4, "width": 4, "pad": ((1, 2), (1, 2)), "padding_mode": "reflect"},
        {"k": 3, "width": 4, "pad": (0, 1), "dilation": (1, 2)},
    ),
    *over(
        "deconv",
        MAPS,
        {"k": 2, "width": 4, "stride": 2},
        {"k": 4, "width": 4, "stride": 2, "pad": 1, "bias": True},
        {"k": 3, "width": 5, "bias": 0},
    ),
    *over("linear", (VECTOR,), {"width": 4}, {"width": 5, "bias": False}),
    *over("linear", ALL, {"width": 4, "pointwise": True, "init": INITS["normal"].model_validate({"std": _HALF})}),
    *over("bn", ALL, {}, {"affine": False, "eps": Fraction("1e-3")}, {"gamma": 0}, {"momentum": Fraction("0.01")}),
    *over("gn", ALL, {"groups": 3}, {"groups": 1, "eps": Fraction("1e-6")}),
    *over("instance_norm", MAPS, {}, {"eps": Fraction("1e-3")}),
    *over("ln", ALL, {}, {"eps": Fraction("1e-5")}),
    *over("layer_scale", ALL, {}, {"init": Fraction("1e-6")}),
    *over("scale", ALL, {"factor": _HALF}, {"factor": Fraction(-1, 3)}),
    *(sample for kind in _WITHOUT_ARGUMENTS for sample in over(kind, ALL)),
    *over("leaky_relu", (MAP,), {"slope": Fraction(1, 5)}),
    *over("prelu", ALL, {"parts": 6}, {"slope": Fraction(1, 10)}),
    *over("softmax", ALL, {"parts": 1}, {"parts": 2}, {"parts": 6}),
    *over("dropout", (MAP,), {"p": 0}, {"p": Fraction("0.2")}),
    *over("dropout_maps", MAPS, {}, {"p": 0}),
    *over("maxpool", MAPS, *_POOLS),
    *over("avgpool", MAPS, *_POOLS, {"k": 3, "stride": 2, "count_pad": False}),
    *over("maxpool", (MAP,), {"k": (3, 2), "stride": 1, "pad": ((0, 2), (1, 0))}, {"to": (2, 12)}),
    *over("avgpool", (MAP,), {"k": (3, 2), "stride": 1, "pad": ((0, 2), (1, 0))}, {"to": (2, 12)}),
    *over("reshape", (Shape(24), Shape(6, (4,)), Shape(2, (3, 4))), {"to": 24}, {"to": (4, 6)}, {"to": (2, 3, 4)}),
    *over("part", ALL, {"i": 0, "of": 3}, {"i": 2, "of": 3}, {"i": 0, "of": 1}),
    *over("slice", ALL, {"start": 0, "stop": 6}, {"start": 2, "stop": 5}),
    *over("pad_channels", ALL, {"width": 6}, {"width": 9}, {"width": 9, "before": 1}),
    *over("shuffle", MAPS, {"groups": 1}, {"groups": 2}),
    *over("upsample", MAPS, {"factor": 1}, {"factor": 2}),
    *over("upsample", (LINE,), {"factor": 2, "mode": "linear"}),
    *over("upsample", (MAP,), {"factor": (3, 2), "mode": "bilinear"}, {"factor": 2, "mode": "bicubic"}),
    *over("upsample", (VOLUME,), {"factor": 2, "mode": "trilinear"}),
    *over("resize", MAPS, {"to": 4}),
    *over("resize", (MAP,), {"to": (11, 9)}, {"to": (22, 5), "mode": "bilinear"}, {"to": (11, 9), "mode": "bicubic"}),
    *over("lrn", MAPS, {}, {"size": 4, "alpha": Fraction("1e-3"), "beta": _HALF, "k": 2}),
    *over("blurpool", MAPS, {}, {"k": 2}, {"k": 4, "stride": 1}, {"k": 5}, {"stride": 3}),
    *over("space_to_depth", (Shape(3, (6, 12)),), {"factor": 1}, {"factor": 2}, {"factor": 3}),
    *merges("add", *_EQUAL),
    *merges("mean", *_EQUAL),
    *merges(
        "mul",
        *_EQUAL,
        (MAP, Shape(6, (1, 1))),
        (Shape(1, (11, 9)), MAP),
        (MAP, Shape(1, (1, 1))),
        (LINE, Shape(6, (1,))),
    ),
    *merges("concat", *_EQUAL, (VECTOR, Shape(2)), (MAP, Shape(1, (11, 9)), MAP)),
)
