"""What operators refuse, and that they say the actual values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from resdsl.diagnostics import Fault
from resdsl.diagnostics.codes import CODES
from resdsl.ops.base import Shapes
from resdsl.shapes import Shape
from tests.unit.ops._samples import Sample

VECTOR, LINE, MAP = Shape(64), Shape(64, (9,)), Shape(64, (14, 9))
FAULTS: tuple[tuple[str, dict[str, object], Shapes, str, str], ...] = (
    ("conv", {"k": 3, "width": 8}, (VECTOR,), "E302", "vector of 64"),
    ("conv", {"k": 3, "width": 8, "groups": 5}, (MAP,), "E303", "64 input channels do not divide into 5"),
    ("conv", {"k": 3, "width": 9, "groups": 8}, (MAP,), "E303", "9 output channels"),
    ("conv", {"k": 20, "width": 8, "pad": 0}, (MAP,), "E304", "a window of 20 does not fit into 64x14x9"),
    ("conv", {"k": (3, 3, 3), "width": 8}, (MAP,), "E305", "k has 3 axes, the value has 2"),
    ("conv", {"k": 3, "width": 8, "pad": (1,)}, (MAP,), "E305", "pad has 1 axes"),
    ("conv", {"k": 4, "width": 8}, (MAP,), "E306", "a window of 4 has no middle"),
    ("conv", {"k": 2, "width": 8, "dilation": 2}, (MAP,), "E306", "a window of 2 has no middle"),
    ("conv", {"k": 3, "width": 8, "pad": 9, "padding_mode": "reflect"}, (MAP,), "E304", "padding of 9"),
    ("conv", {"k": 3, "width": 8, "pad": 10, "padding_mode": "circular"}, (MAP,), "E304", "padding of 10"),
    ("deconv", {"k": 2, "width": 8, "pad": 20}, (MAP,), "E304", "pad=20 leaves nothing"),
    ("deconv", {"k": 2, "width": 8}, (VECTOR,), "E302", "vector of 64"),
    ("linear", {"width": 10}, (MAP,), "E302", "linear needs a vector, and this is 64x14x9"),
    ("bn", {"affine": False, "gamma": 0}, (MAP,), "E311", "gamma=0"),
    ("gn", {"groups": 24}, (MAP,), "E303", "64 channels do not divide into 24"),
    ("instance_norm", {}, (VECTOR,), "E302", "vector of 64"),
    ("prelu", {"parts": 3}, (MAP,), "E303", "one for each of 64 channels, not 3"),
    ("softmax", {"parts": 3}, (MAP,), "E303", "64 channels do not divide into 3 parts"),
    ("dropout_maps", {}, (VECTOR,), "E302", "vector of 64"),
    ("maxpool", {"k": 3, "to": 6}, (MAP,), "E311", "both k=3 and to=6"),
    ("maxpool", {"stride": 2}, (MAP,), "E311", "stride without a window"),
    ("avgpool", {"count_pad": False}, (MAP,), "E311", "count_pad without a window"),
    ("maxpool", {"k": 3, "stride": 2, "pad": 3}, (MAP,), "E304", "a pad of 3 leaves a window of 3"),
    ("maxpool", {"k": 3, "pad": ((0, 1), (0, 1)), "ceil": True}, (MAP,), "E309", "ceil=true"),
    ("avgpool", {"k": 3, "pad": ((0, 1), (0, 1)), "count_pad": False}, (MAP,), "E309", "count_pad=false"),
    ("avgpool", {"k": 20}, (MAP,), "E304", "a window of 20"),
    ("avgpool", {"to": (2, 2, 2)}, (MAP,), "E305", "to has 3 axes"),
    ("reshape", {"to": (64, 5)}, (MAP,), "E308", "8064 elements, to 64x5, 320 elements"),
    ("reshape", {"to": (1, 1, 1, 14, 576)}, (MAP,), "E302", "4 axes"),
    ("part", {"i": 2, "of": 2}, (MAP,), "E307", "counted from 0 to 1"),
    ("part", {"i": 0, "of": 3}, (MAP,), "E303", "64 channels do not divide into 3 parts"),
    ("slice", {"start": 3, "stop": 3}, (MAP,), "E307", "no channel"),
    ("slice", {"start": 3, "stop": 65}, (MAP,), "E307", "channel 65 of a value with 64"),
    ("pad_channels", {"width": 65, "before": 2}, (MAP,), "E307", "64 channels and 2 in front"),
    ("shuffle", {"groups": 3}, (MAP,), "E303", "64 channels do not divide into 3 groups"),
    ("shuffle", {"groups": 2}, (VECTOR,), "E302", "vector of 64"),
    ("upsample", {"factor": 2, "mode": "bilinear"}, (LINE,), "E310", "mode=bilinear is for 2 axes"),
    ("resize", {"to": 7, "mode": "trilinear"}, (MAP,), "E310", "the value has 2"),
    ("resize", {"to": (7,)}, (MAP,), "E305", "to has 1 axes"),
    ("lrn", {}, (VECTOR,), "E302", "vector of 64"),
    ("blurpool", {"k": 1}, (MAP,), "E304", "1 position"),
    ("blurpool", {"k": 21}, (MAP,), "E304", "reflecting 10 positions"),
    ("space_to_depth", {"factor": 2}, (MAP,), "E304", "64x14x9 does not divide into tiles of 2"),
    ("space_to_depth", {"factor": 2}, (LINE,), "E302", "64x9 with 1"),
    ("add", {}, (MAP, LINE), "E301", "64x14x9 and 64x9"),
    ("mean", {}, (VECTOR, Shape(65)), "E301", "64 and 65"),
    ("mul", {}, (MAP, VECTOR), "E301", "mul of 64x14x9 and 64"),
    ("mul", {}, (MAP, Shape(32, (1, 1))), "E301", "32x1x1"),
    ("mul", {}, (Shape(64, (1, 1)), Shape(1, (14, 9))), "E301", "64x1x1"),
    ("mul", {}, (MAP, Shape(64, (1, 9))), "E301", "64x1x9"),
    ("concat", {}, (MAP, Shape(64, (14, 8))), "E301", "64x14x9 and 64x14x8"),
)


@pytest.mark.parametrize(("kind", "arguments", "inputs", "code", "words"), FAULTS)
def test_refuses(kind: str, arguments: dict[str, object], inputs: Shapes, code: str, words: str) -> None:
    op = Sample(kind, inputs, arguments).op()
    with pytest.raises(Fault) as caught:
        op.infer(inputs)
    fault = caught.value
    assert fault.code == code
    assert code in CODES
    assert words in fault.message
    assert fault.argument is None or fault.argument in type(op).model_fields
    assert fault.operand is None or fault.operand < len(inputs)


def test_a_vector_gate_is_told_how_to_become_a_map() -> None:
    with pytest.raises(Fault) as caught:
        Sample("mul", (MAP, VECTOR)).op().infer((MAP, VECTOR))
    assert caught.value.help is not None
    assert "reshape(64x1x1)" in caught.value.help


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("maxpool", {"k": 3, "count_pad": False}),
        ("conv", {"k": 0, "width": 8}),
        ("conv", {"k": 3, "width": True}),
        ("conv", {"k": 3, "width": 8, "bias": "yes"}),
        ("dropout", {"p": 2}),
        ("bn", {"eps": 0}),
        ("upsample", {"factor": 2, "mode": "cubic"}),
        ("slice", {"start": -1, "stop": 3}),
        ("scale", {}),
    ],
)
def test_arguments_are_checked(kind: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Sample(kind, (MAP,), arguments).op()
