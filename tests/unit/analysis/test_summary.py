"""The table of a net, against figures worked out by hand and a published one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.summary import Stage, Summary, gmacs


def summary(tmp_path: Path, text: str) -> Summary:
    path = tmp_path / "net.res"
    path.write_text(text)
    return resdsl.load(path).summary()


def test_stages_are_rows_and_so_is_what_lies_between() -> None:
    found = resdsl.load("resnet50").summary()
    assert [(stage.path, stage.block, stage.count, stage.output, stage.stride) for stage in found.stages] == [
        ("conv1..maxpool1", "conv bn relu maxpool", 1, "64x56x56", "4"),
        ("layer1", "bottleneck", 3, "256x56x56", "4"),
        ("layer2", "bottleneck", 4, "512x28x28", "8"),
        ("layer3", "bottleneck", 6, "1024x14x14", "16"),
        ("layer4", "bottleneck", 3, "2048x7x7", "32"),
        ("avgpool1..fc", "avgpool flatten linear", 1, "1000", ""),
    ]
    assert [stage.shortcuts for stage in found.stages[1:5]] == [
        (("projection", 1), ("identity", n - 1)) for n in (3, 4, 6, 3)
    ]
    # Torchvision's own counts: model.layer1 has 215,808 parameters, and so on.
    assert [stage.params for stage in found.stages] == [9_536, 215_808, 1_219_584, 7_098_368, 14_964_736, 2_049_000]


@pytest.mark.parametrize("name", ["alexnet", "vgg16_bn", "resnet34_a", "plain34", "wide_resnet50_2"])
def test_rows_add_up(name: str) -> None:
    found = resdsl.load(name).summary()
    assert sum(stage.params for stage in found.stages) == found.params
    assert sum(stage.macs for stage in found.stages) == found.macs


def test_without_stages_it_is_cut_where_the_stride_changes() -> None:
    strides = [stage.stride for stage in resdsl.load("vgg11").summary().stages]
    assert strides == ["1", "2", "4", "8", "16", "32", ""]


@pytest.mark.parametrize(
    ("residual", "kind"),
    [
        ("residual { conv(3, 8) }", "identity"),
        ("residual { conv(3, 16) } shortcut project", "projection"),
        ("residual { conv(3, 16) } shortcut pad", "pad"),
        ("residual { conv(3, 8, stride=2) } shortcut { maxpool(2) }", "pool"),
        ("residual { conv(3, 8) } shortcut { relu }", "other"),
        ("residual { conv(3, 8) } shortcut none", "none"),
        ("residual { conv(3, 8) } gate { conv(3, 8) -> sigmoid }", "gate"),
        ("dense { conv(3, 8) }", "dense"),
    ],
)
def test_kinds_of_shortcut(tmp_path: Path, residual: str, kind: str) -> None:
    text = f"use std: project, pad\n\nmodel net {{\n  input 8x8x8\n  stage s: {residual}\n}}\n"
    (stage,) = summary(tmp_path, text).stages
    assert stage.shortcuts == ((kind, 1),)


def test_regions_and_auxiliary_heads_are_rows(tmp_path: Path) -> None:
    text = """
    model net {
      input 3x8x8
      features[]: {
        region stem: conv(3, 8)
        region body: { 2 x { conv(3, 8) -> relu } }
      }
      aux (0.3) head: { avgpool -> flatten -> linear(2) }
      avgpool -> flatten -> fc: linear(2)
    }
    """
    found = summary(tmp_path, text)
    assert [stage.path for stage in found.stages] == ["stem", "body", "head", "avgpool1..fc"]
    head = found.stages[2]
    assert (head.params, head.macs, head.block) == (18, 0, "aux: avgpool flatten linear")
    assert sum(stage.macs for stage in found.stages) == found.macs


def test_expected_depth_is_the_sum_of_the_chances() -> None:
    found = resdsl.load("resnet110_cifar10", p=0.5).summary()
    assert (found.units, found.expected_depth) == (54, 40.25)
    assert "54 residual units (40.25 expected in training)" in found.to_table()


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    text = """
    model net {
      input a: 3x8x8
      input b: 1x8x8
      from a -> conv(3, 1) -> keep c
      add { | from b | from c } -> keep d
      output c, d
    }
    """
    found = summary(tmp_path, text)
    assert (found.input, found.output) == ("3x8x8, 1x8x8", "1x8x8, 1x8x8")


def test_json_has_every_field_and_is_stable() -> None:
    found = resdsl.load("resnet18").summary()
    data = json.loads(found.to_json())
    assert list(data) == [
        "model", "input", "output", "params", "buffers", "state_dict_keys", "macs", "depth", "units", "expected_depth",
        "stages",
    ]  # fmt: skip
    assert data["stages"][2]["shortcuts"] == {"projection": 1, "identity": 1}
    assert found.to_json() == resdsl.load("resnet18").summary().to_json()


def test_table() -> None:
    row = Stage("layer1", "basic", 2, (("projection", 1), ("identity", 2)), "8x4x4", "2", 1_000, 3_000_000)
    found = Summary("net", "3x8x8", "8x4x4", 1_000, 3, 7, 3_000_000, 5, 3, 3.0, (row,))
    assert found.to_table().splitlines() == [
        "net: 3x8x8 -> 8x4x4",
        "",
        "stage   block  n   shortcuts                output  stride  params      %  GMACs",
        "------  -----  --  -----------------------  ------  ------  ------  -----  -----",
        "layer1  basic  x2  projection, identity x2  8x4x4   2        1,000  100.0  0.003",
        "------  -----  --  -----------------------  ------  ------  ------  -----  -----",
        "1,000 parameters, 3 buffers, 7 keys",
        "0.003 GMACs (1 MAC = 2 FLOPs), depth 5, 3 residual units",
    ]


def test_small_numbers_of_multiply_adds_are_not_zero() -> None:
    assert [gmacs(n) for n in (0, 216, 1_000_000, 4_089_184_256)] == ["0.000", "0.000000216", "0.001", "4.089"]
