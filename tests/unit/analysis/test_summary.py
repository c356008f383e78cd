"""The table of a net, against figures worked out by hand and a published one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.memory import Kept
from resdsl.analysis.peak import Largest, Memory, Peak
from resdsl.analysis.summary import Row, Summary, gmacs
from resdsl.analysis.summary_table import summary_table
from resdsl.tables import Number


def summary(tmp_path: Path, text: str) -> Summary:
    path = tmp_path / "net.res"
    path.write_text(text)
    return resdsl.load(path).summary()


def test_stages_are_rows_and_so_is_what_lies_between() -> None:
    found = resdsl.load("resnet50").summary()
    assert [(stage.path, stage.block, stage.count, stage.output, stage.stride) for stage in found.rows] == [
        ("conv1..maxpool1", "conv bn relu maxpool", 1, "64x56x56", "4"),
        ("layer1", "bottleneck", 3, "256x56x56", "4"),
        ("layer2", "bottleneck", 4, "512x28x28", "8"),
        ("layer3", "bottleneck", 6, "1024x14x14", "16"),
        ("layer4", "bottleneck", 3, "2048x7x7", "32"),
        ("avgpool1..fc", "avgpool flatten linear", 1, "1000", ""),
    ]
    assert [stage.shortcuts for stage in found.rows[1:5]] == [
        (("projection", 1), ("identity", n - 1)) for n in (3, 4, 6, 3)
    ]
    # Torchvision's own counts: model.layer1 has 215,808 parameters, and so on.
    assert [stage.params for stage in found.rows] == [9_536, 215_808, 1_219_584, 7_098_368, 14_964_736, 2_049_000]


@pytest.mark.parametrize("name", ["alexnet", "vgg16_bn", "resnet34_a", "plain34", "wide_resnet50_2"])
def test_rows_add_up(name: str) -> None:
    found = resdsl.load(name).summary()
    assert sum(stage.params for stage in found.rows) == found.params
    assert sum(stage.macs for stage in found.rows) == found.macs


def test_without_stages_it_is_cut_where_the_stride_changes() -> None:
    strides = [stage.stride for stage in resdsl.load("vgg11").summary().rows]
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
    (stage,) = summary(tmp_path, text).rows
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
    assert [stage.path for stage in found.rows] == ["stem", "body", "head", "avgpool1..fc"]
    head = found.rows[2]
    assert (head.params, head.macs, head.block) == (18, 0, "aux: avgpool flatten linear")
    assert sum(stage.macs for stage in found.rows) == found.macs


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


def test_sizes_are_told_where_the_net_takes_some_only() -> None:
    pyramid = resdsl.load("resnet50_fpn").summary()
    assert "\nsides of the input: 0 or 29 to 31 more than a multiple of 32\n" in pyramid.to_table()
    assert "sides of the input" not in resdsl.load("vgg11").summary().to_table()


def test_json_has_every_field_and_is_stable() -> None:
    found = resdsl.load("resnet18").summary()
    data = json.loads(found.to_json())
    assert list(data) == [
        "model", "input", "output", "params", "buffers", "state_dict_keys", "macs", "elementwise", "depth", "units",
        "expected_depth", "kept", "memory", "rows", "sides", "fits",
    ]  # fmt: skip
    assert data["rows"][2]["shortcuts"] == {"projection": 1, "identity": 1}
    assert found.to_json() == resdsl.load("resnet18").summary().to_json()


def row(**changes: object) -> Row:
    plain: dict[str, object] = {
        "path": "layer1", "block": "basic", "count": 2, "shortcuts": (("projection", 1), ("identity", 2)),
        "output": "8x4x4", "stride": "2", "params": 1_000, "macs": 3_000_000_000, "kept": Kept(1 << 18, 0, 0),
        "field": (("3", "9"), ("3", "9")), "offset": (("0.5", "0.5"),) * 2, "sources": (),
    }  # fmt: skip
    return Row(**{**plain, **changes})


def net_of(*rows: Row) -> Summary:
    return Summary(
        "net",
        "3x8x8",
        "8x4x4",
        1_000,
        3,
        7,
        3_000_000_000,
        2_000_000,
        5,
        3,
        2.5,
        Kept(1 << 18, 0, 0),
        (memory(),),
        rows,
    )


def memory(batch: int = 1, dtype: str = "float32") -> Memory:
    inference = Peak(4096, 0, 0, 8192, 0, "forward", "")
    training = Peak(4096, 2048, 0, 1 << 20, 512, "backward", "layer1.conv1")
    return Memory(batch, dtype, "sgd", inference, training, training, training)


def test_table() -> None:
    assert net_of(row(shortcuts=(("identity", 3),))).to_table().splitlines() == [
        "net: 3x8x8 -> 8x4x4",
        "",
        "path    block  n   shortcuts    output  stride  params      %  GMACs  act. MiB  rec. field  offset",
        "------  -----  --  -----------  ------  ------  ------  -----  -----  --------  ----------  ------",
        "layer1  basic  x2  identity x3  8x4x4        2   1,000  100.0  3.000      1.00        3..9     0.5",
        "------  -----  --  -----------  ------  ------  ------  -----  -----  --------  ----------  ------",
        "1,000 parameters, 3 buffers, 7 keys",
        "3.000 GMACs (1 MAC = 2 FLOPs), depth 5, 3 residual units (2.5 expected in training)",
        "0.002 G elements computed by everything else, apart from these",
        "",
        "memory at its most, float32, sgd",
        "",
        "batch  run               peak  weights  gradients  activations  passing  when",
        "-----  ------------  --------  -------  ---------  -----------  -------  ------------------------",
        "    1  inference     12.0 KiB  4.0 KiB                 8.0 KiB           forward",
        "    1  training       1.0 MiB  4.0 KiB    2.0 KiB      1.0 MiB    512 B  backward of layer1.conv1",
        "    1  accumulating   1.0 MiB  4.0 KiB    2.0 KiB      1.0 MiB    512 B  backward of layer1.conv1",
    ]


def test_activations_are_for_the_first_batch_size_in_its_type() -> None:
    net = replace(net_of(row()), memory=(memory(4, "bfloat16"), memory(8, "bfloat16")))
    table = summary_table(net)
    assert dict(zip((column.name for column in table.columns), table.rows[0], strict=True))[
        "activation_bytes"
    ] == Number(4 << 19, "2.00")


def test_what_fits_is_told() -> None:
    net = replace(net_of(row()), fits=Largest(1 << 30, 1200, 0))
    assert summary_table(net).notes[-1] == "1.0 GiB hold not one input in training, a batch of 1,200 in inference"


def test_csv_has_plain_numbers_in_all_columns() -> None:
    lines = summary_table(net_of(row(field=(("3", "9"), ("1", "1")), sources=("a", "b")))).csv().splitlines()
    assert lines == [
        "path,block,count,shortcuts,output,stride,params,params_percent,macs,activation_bytes,receptive_field,offset,from",
        'layer1,basic,2,"projection, identity x2",8x4x4,2,1000,100.0,3000000000,1048576,3..9x1,0.5,"a, b"',
    ]


def test_rows_a_block_add_up_and_fold() -> None:
    net = resdsl.load("resnet50")
    blocks, stages = net.summary("block"), net.summary()
    assert [(one.path, one.count) for one in blocks.rows[1:5]] == [
        ("layer1.0", 1), ("layer1.1..2", 2), ("layer2.0", 1), ("layer2.1..3", 3)
    ]  # fmt: skip
    for name in ("params", "macs"):
        assert sum(getattr(one, name) for one in blocks.rows) == getattr(stages, name)
    assert Kept.total(one.kept for one in blocks.rows) == stages.kept
    steps = net.summary("ops").rows
    assert len(steps) == len(net.ir) - 1
    assert sum(one.macs for one in steps) == stages.macs


def test_where_a_row_reads_from(tmp_path: Path) -> None:
    text = """
    model net {
      input 3x8x8
      stage a: conv(3, 8) -> keep a
      stage b: conv(3, 8)
      stage c: add { | conv(1, 8) | from a -> conv(1, 8) }
    }
    """
    assert [one.sources for one in summary(tmp_path, text).rows] == [(), (), ("a", "b")]


def test_offsets_are_those_of_the_distill_calculator() -> None:
    """VGG-16's conv5_3 is centred on pixel 7.5 with a stride of 16, its last pool on 15.5 with 32 (Araujo et al.)."""
    rows = [row for row in resdsl.load("vgg16").summary("ops").rows if row.field]
    assert [(row.stride, row.offset) for row in (rows[-3], rows[-2])] == [
        ("16", (("7.5", "7.5"),) * 2),
        ("32", (("15.5", "15.5"),) * 2),
    ]


def test_fields_are_ranges_over_the_paths() -> None:
    """ResNet-50's last map: 427 pixels in all (11 along the shortcuts), as every calculator for torchvision's says."""
    assert [one.field for one in resdsl.load("resnet50").summary().rows][-2] == (("11", "427"),) * 2


def test_small_numbers_of_multiply_adds_are_not_zero() -> None:
    assert [gmacs(n) for n in (0, 216, 1_000_000, 4_089_184_256)] == ["0.000", "0.000000216", "0.001", "4.089"]
