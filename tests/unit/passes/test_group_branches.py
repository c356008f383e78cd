"""Branches into groups: ResNeXt's forms (a) and (b) into form (c), and what keeps others as they are."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.backends.torch import emit
from resdsl.graph.equivalence import equivalent
from resdsl.passes import rewrite
from resdsl.runtime import build_module, check_weights
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed

FORMS = {"resnext50_32x4d_paths": 6_768, "resnext50_32x4d_concat": 6_272}
KEYS = 320


def keys(graph):
    return [key for key, _, _ in graph.weights()]


@pytest.mark.parametrize("name", FORMS)
def test_the_literal_forms_become_the_grouped_net_key_by_key(name):
    one, grouped = shipped(name, "3x32x32"), shipped("resnext50_32x4d", "3x32x32")
    done = rewrite(one, ["group_branches"])
    assert len(keys(one)) == FORMS[name]
    assert len(done.changes) == 16
    assert not done.refused
    assert equivalent(done.graph, grouped)
    assert keys(done.graph) == keys(grouped)
    assert len(keys(done.graph)) == KEYS


@pytest.mark.parametrize("name", FORMS)
def test_equal_in_training_too(name):
    done = assert_equal(shipped(name, "3x16x16", depths=[1, 1], groups=3, classes=10), "group_branches")
    assert len(done.changes) == 2


def test_the_generated_class_is_that_of_the_grouped_net_and_says_what_it_is_now():
    graph = shipped("resnext50_32x4d_paths", "3x16x16", depths=[1, 1], groups=3, classes=10)
    done = rewrite(graph, ["group_branches"])
    source = emit(done.graph)
    check_weights(done.graph, build_module(source))
    assert '"""Residual unit: 1x1, 3x3 and 1x1 convolutions, added to the shortcut."""' in source
    assert "the paths are summed" not in source
    assert "nn.Conv2d(width * 4 // 64, width * 4 // 64" not in source
    assert "self.paths" not in source


@pytest.mark.parametrize(
    "text",
    [
        "concat { 3 x { | conv(3, 4, bias=true) -> relu } }",
        "concat { 3 x { | conv(3, 4) -> bn(affine=false) -> hardswish -> scale(2) } } -> conv(1, 5)",
        "concat { 2 x { | conv(1, 4) -> relu -> conv(3, 6, groups=2, stride=2) -> bn } }",
        "add { 2 x { | conv(1, 4, bias=true) -> relu -> conv(3, 6, bias=true) } }",
        "add { 2 x { | conv(3, 4, padding_mode=reflect) -> bn -> conv([1, 3], 6, dilation=[1, 2], pad=[0, 2]) } }",
        "body[]: { conv(3, 4) -> relu -> concat { 2 x { | conv(1, 4) -> bn } } -> bn -> conv(3, 4) }",
        "keep x -> conv(1, 4) -> aux h: concat { 2 x { | conv(1, 2) -> bn } }\n from x -> relu",
        "stem: conv(3, 4) -> add { | a: conv(1, 4) -> bn -> conv(1, 8) | conv(1, 4) -> b: bn -> conv(1, 8) } -> bn",
    ],
)
def test_equal_for_other_branches(text):
    assert_equal(steps(text), "group_branches")


def test_labels_and_numbers_are_kept_in_order():
    graph = steps("body[]: { conv(3, 4) -> relu -> concat { 2 x { | conv(1, 4) -> bn } } -> bn -> conv(3, 4) }")
    done = rewrite(graph, ["group_branches"])
    named = [node.path for node in done.graph.nodes() if node.name]
    assert named == [f"body.{i}" for i in range(6)]
    graph = steps("stem: conv(3, 4) -> add { 2 x { | conv(1, 4) -> relu -> conv(1, 8) } } -> head: conv(1, 4)")
    done = rewrite(graph, ["group_branches"])
    assert [node.name for node in done.graph.nodes() if node.op.kind == "conv"] == ["stem", "conv2", "conv3", "head"]


WRONG = {
    "tanh": ("concat { | conv(1, 4) -> relu | conv(1, 4) -> tanh }", "relu() and tanh()"),
    "window": (
        "concat { | conv(3, 4) -> relu | conv(3, 4, dilation=2) -> relu }",
        "branches 0 and 1 differ: conv(k=3, width=4, dilation=1) and conv(k=3, width=4, dilation=2)",
    ),
    "eps": ("concat { | conv(1, 4) -> bn | conv(1, 4) -> bn(eps=0.5) }", "bn(eps=1/100000) and bn(eps=1/2)"),
    "bias": (
        "concat { | conv(1, 4) | conv(1, 4, bias=0) }",
        "conv(k=1, width=4, bias=false) and conv(k=1, width=4, bias=0)",
    ),
    "end": ("add { 2 x { | conv(1, 4) -> relu } }", "end in relu, which is not linear"),
    "last groups": ("add { 2 x { | conv(1, 4) -> conv(1, 4, groups=2) } }", "last convolutions have 2 groups each"),
    "source": (
        "keep x\n maxpool(3, stride=1) -> keep r\n concat { | from x -> conv(1, 4) | from r -> conv(1, 4) }",
        "branches 0 and 1 do not begin at one value",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_without_its_condition_it_would_be_wrong(case, monkeypatch):
    text, why = WRONG[case]
    assert_needed(monkeypatch, steps(text), "group_branches", why)


DROPPED = """
keep x
conv(1, 4) -> keep a
from x -> residual { concat { | from a | conv(1, 4) } -> conv(1, 4) } survival 0.5
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("concat { | conv(1, 4) -> relu | conv(1, 4) }", "they have 2 and 1 steps"),
        ("concat { | conv(1, 4) | maxpool(3, stride=1) }", "branch 1 ends in maxpool"),
        ("concat { | conv(1, 4) | identity }", "branch 1 ends in identity"),
        ("concat { 2 x { | conv(1, 4) -> softmax } }", "branch 0 ends in softmax"),
        ("concat { | conv(1, 4) -> keep a -> relu | conv(1, 4) -> relu } -> mul { | identity | from a -> conv(1, 8) }",
         "a value inside has other uses"),
        ("concat { 2 x { | bn -> conv(1, 4) } }", "begin with bn"),
        ("concat { 2 x { | conv(1, 4, groups=2) } }", "have 2 groups each"),
        ("add { 2 x { | conv(1, 4) -> bn } }", "fold_batchnorm comes first"),
        ("add { 2 x { | conv(1, 4) } }", "merge_residual adds them"),
        ("shared c: conv(1, 4)\n concat { 2 x { | c -> relu } }", "shared weights"),
        (DROPPED, "part of a residual unit that may be dropped"),
    ],
)  # fmt: skip
def test_refused(text, why):
    (found,) = reasons(steps(text), "group_branches")
    assert why in found


def test_bn_of_several_branches_after_their_fold_is_grouped():
    text = "add { 2 x { | conv(1, 4) -> bn -> relu -> conv(1, 4) -> bn } }"
    done = assert_equal(steps(text), ["fold_batchnorm", "group_branches"])
    assert [node.op.kind for node in done.graph.nodes()] == ["input", "conv", "relu", "conv"]


def test_nothing_is_said_of_nets_without_branches():
    for name in ("resnet18", "densenet121", "vgg16"):
        assert not rewrite(resdsl.load(name, input="3x64x64").ir, ["group_branches"]).refused
