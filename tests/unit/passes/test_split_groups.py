"""Groups into branches: ResNeXt's form (c) into (a) and (b), and back."""

from __future__ import annotations

import pytest

from resdsl.backends.torch import emit
from resdsl.graph.equivalence import equivalent
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed, difference

FORMS = {"split_groups": "resnext50_32x4d_paths", "split_groups_late": "resnext50_32x4d_concat"}


def keys(graph):
    return [key for key, _, _ in graph.weights()]


@pytest.mark.parametrize("name", FORMS)
def test_the_grouped_net_becomes_the_literal_form_key_by_key_and_comes_back(name):
    grouped, literal = (shipped(net, "3x32x32", depths=[1, 1], groups=3) for net in ("resnext50_32x4d", FORMS[name]))
    done = rewrite(grouped, [name])
    assert not done.refused
    assert keys(done.graph) == keys(literal)
    assert equivalent(done.graph, literal)
    back = rewrite(done.graph, ["group_branches"])
    assert keys(back.graph) == keys(grouped)
    assert equivalent(back.graph, grouped)


@pytest.mark.parametrize("name", FORMS)
def test_equal_in_training_too_and_after_the_way_back(name):
    graph = shipped("resnext50_32x4d", "3x16x16", depths=[1], groups=3, classes=10)
    assert_equal(graph, name)
    assert_equal(graph, [name, "group_branches"])


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "conv(1, 4, bias=true) -> relu -> conv(3, 6, groups=2, stride=2, bias=true) -> conv(1, 3, bias=true)",
        "conv(3, 8) -> bn -> conv(3, 8, groups=8) -> relu -> conv(1, 4, groups=4) -> bn(affine=false) -> conv(3, 2)",
        "conv(1, 12) -> conv(3, 12, groups=4) -> conv(3, 12, groups=6) -> hardswish -> scale(2) -> conv(1, 5)",
    ],
)
def test_equal_for_other_steps(name, text):
    assert_equal(steps(text), name)


def test_late_branches_need_no_convolution_behind():
    assert_equal(steps("conv(1, 4) -> conv(3, 8, groups=2) -> bn -> relu -> maxpool(2)"), "split_groups_late")


def test_branches_are_as_many_as_the_groups_have_in_common():
    done = rewrite(
        steps("conv(1, 12) -> conv(3, 12, groups=4) -> conv(3, 12, groups=6) -> conv(1, 5)"), ["split_groups"]
    )
    convs = [node for node in done.graph.nodes() if node.op.kind == "conv"]
    assert [(node.op.width, node.op.groups) for node in convs] == [(6, 1), (6, 2), (6, 3), (5, 1)] * 2


def test_the_source_has_one_class_for_all_branches():
    done = rewrite(shipped("resnext50_32x4d", "3x32x32", depths=[1, 1], groups=8), ["split_groups"])
    source = emit(done.graph)
    assert source.count("class Path(nn.Module):") == 1
    assert "return sum(branch(x) for branch in self)" in source


DROPPED = """
keep x
conv(1, 4) -> conv(3, 4, groups=2) -> keep g
from x -> residual { from g -> conv(1, 4) } survival 0.5
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("conv(3, 4, groups=2) -> conv(1, 4)", "they come from input"),
        ("conv(1, 4) -> keep a -> conv(3, 4, groups=2) -> keep b -> add { | identity | from a } -> conv(1, 4)",
         "they come from conv"),
        ("conv(1, 4) -> softmax -> conv(3, 4, groups=2) -> conv(1, 4)", "they come from softmax"),
        ("conv(1, 6) -> conv(3, 6, groups=2) -> conv(3, 6, groups=3) -> conv(1, 4)", "no common divisor"),
        ("shared c: conv(3, 4, groups=2)\n conv(1, 4) -> c -> conv(1, 4) -> c", "shared weights"),
        ("keep x -> conv(1, 4) -> conv(3, 4, groups=2) -> aux h: conv(1, 3)\n from x", "or auxiliary head"),
        (DROPPED, "do not stand in the same dropped branch"),
    ],
)  # fmt: skip
def test_refused(text, why):
    found = reasons(steps(text), "split_groups")
    assert why in found[0]


def test_a_last_convolution_is_needed_for_a_sum_alone():
    text = "conv(1, 4) -> conv(3, 4, groups=2) -> relu -> maxpool(2) -> conv(1, 4)"
    (found,) = reasons(steps(text), "split_groups")
    assert "split_groups_late joins them" in found
    assert_equal(steps(text), "split_groups_late")


def test_a_sum_of_channels_would_be_another_value(monkeypatch):
    graph, why = steps("conv(1, 4) -> conv(3, 4, groups=2) -> relu"), "no convolution of one group reads its channels"
    assert_needed(monkeypatch, graph, "split_groups", why)


@pytest.mark.parametrize("name", [*FORMS, "group_branches"])
def test_a_step_across_channels_would_be_wrong(name, monkeypatch):
    text = "conv(1, 4) -> softmax -> conv(3, 4, groups=2) -> conv(1, 4)"
    if name == "group_branches":
        text = "concat { 2 x { | conv(1, 4) -> softmax } }"
    graph = steps(text)
    assert "softmax" in reasons(graph, name)[0]
    room = "group_branches" if name == "group_branches" else "split_groups"
    monkeypatch.setattr(f"resdsl.passes.{room}.is_channelwise", lambda _: True)
    assert difference(graph, name) > 1e-3
