"""Differences of nets: known pairs of the literature, and nets that are one but for names."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

import resdsl
from resdsl.analysis.difference import difference, ranged
from resdsl.analysis.difference_text import difference_text
from resdsl.cli import main
from resdsl.graph.equivalence import equivalent
from resdsl.graph.isomorphism import UndecidedError
from resdsl.graph.model import Graph
from resdsl.limits import Deadline, Limits


def net(tmp_path: Path, body: str, name: str = "net") -> Graph:
    path = tmp_path / f"{name}.res"
    path.write_text(f"use std: project\n\nmodel {name} {{\n  input 3x16x16\n{body}\n}}\n", encoding="utf-8")
    return resdsl.load(path).ir


def test_resnext_is_a_wider_grouped_resnet() -> None:
    """arXiv:1611.05431, table 1: twice the width within, 32 groups, about as many parameters and multiply-adds."""
    found = difference(resdsl.load("resnet50").ir, resdsl.load("resnext50_32x4d").ir)
    assert (found.by_name, found.added, found.removed, found.keys_added, found.keys_removed) == (True, (), (), (), ())
    assert [(len(one.paths), one.what) for one in found.changed][:2] == [
        (3, "width 64 -> 128"),
        (3, "width 64 -> 128, groups 1 -> 32"),
    ]
    assert {one.name: (one.before, one.after) for one in found.figures}["parameters"] == (25_557_032, 25_028_904)


def test_a_deeper_net_has_blocks_more() -> None:
    found = difference(resdsl.load("resnet50").ir, resdsl.load("resnet101").ir)
    assert [(one.what, ranged(one.paths)) for one in found.added] == [("bottleneck", "layer3.6 .. layer3.22 (17)")]
    assert (found.removed, found.changed, len(found.keys_added)) == ((), (), 626 - 320)
    back = difference(resdsl.load("resnet101").ir, resdsl.load("resnet50").ir)
    assert (back.removed, back.keys_removed) == (found.added, found.keys_added)


def test_numbers_that_shift_are_no_names() -> None:
    """Batch normalisation between shifts all of VGG's places: the order of operators tells what was added."""
    found = difference(resdsl.load("vgg16").ir, resdsl.load("vgg16_bn").ir)
    assert not found.by_name
    assert sum(len(one.paths) for one in found.added) == 13
    assert {one.what for one in found.added} == {"bn"}
    assert (found.removed, found.changed, found.shapes) == ((), (), ())


def test_a_schedule_is_one_change() -> None:
    before, after = resdsl.load("resnet110_cifar10", p=1), resdsl.load("resnet110_cifar10", p=0.5)
    (change,) = difference(before.ir, after.ir).changed
    assert len(change.paths) == 54
    assert change.what.startswith("survival 1 -> 0.990741 .. 0.5 per batch")


def test_shapes_that_follow(tmp_path: Path) -> None:
    before = net(tmp_path, "  conv(3, 8) -> bn -> relu")
    after = net(tmp_path, "  conv(3, 8, stride=2) -> bn -> relu")
    found = difference(before, after)
    assert [(one.paths, one.what) for one in found.changed] == [(("conv1",), "stride 1 -> 2")]
    assert [(one.paths, one.what) for one in found.shapes] == [(("conv1", "bn1", "relu1"), "8x16x16 -> 8x8x8")]
    assert "~ conv1: stride 1 -> 2" in difference_text(found)


def test_true_is_no_one(tmp_path: Path) -> None:
    """A bias that begins as PyTorch's, and one that begins as 1."""
    found = difference(net(tmp_path, "  conv(3, 8, bias=true)"), net(tmp_path, "  conv(3, 8, bias=1)"))
    assert [one.what for one in found.changed] == ["bias true -> 1"]


def test_equal_nets(tmp_path: Path) -> None:
    found = difference(net(tmp_path, "  conv(3, 8)"), net(tmp_path, "  conv(3, 8)"))
    assert not found.differs
    assert difference_text(found) == "net and net do not differ\n"


SAME = [
    ("  residual { conv(3, 3) -> bn }", "  r: residual { a: conv(3, 3) -> b: bn }"),
    ("  add { | conv(3, 8)\n | conv(1, 8) }", "  add { | conv(1, 8)\n | conv(3, 8) }"),
    ("  concat { | conv(3, 8)\n | conv(3, 8) }", "  concat { | x: conv(3, 8)\n | y: conv(3, 8) }"),
    ("  2 x { conv(3, 3) -> relu }", "  conv(3, 3) -> relu\n  conv(3, 3) -> relu"),
    ("  keep a\n  conv(3, 3) -> keep b\n  add { | from a\n | from b }", "  residual { conv(3, 3) }"),
    ("  shared s: relu\n  s\n  s", "  relu\n  relu"),
]
OTHER = [
    ("  conv(3, 8)", "  conv(3, 8, bias=true)"),
    ("  conv(3, 8, bias=1)", "  conv(3, 8, bias=true)"),
    ("  conv(3, 8) -> bn -> relu", "  conv(3, 8) -> relu -> bn"),
    ("  concat { | conv(1, 8)\n | conv(3, 8) }", "  concat { | conv(3, 8)\n | conv(1, 8) }"),
    ("  residual { conv(3, 3) }", "  residual { conv(3, 3) } survival 0.5"),
    (
        "  residual { conv(3, 3) } shortcut { conv(1, 3) } survival 0.5",
        "  residual { conv(1, 3) } shortcut { conv(3, 3) } survival 0.5",
    ),
    ("  x: conv(3, 3)\n  conv(3, 3)", "  shared s: conv(3, 3)\n  s\n  s"),
    (
        "  conv(3, 4) -> keep a\n  conv(3, 4) -> keep b\n  output a, b",
        "  conv(3, 4) -> keep a\n  conv(3, 4) -> keep b\n  output b, a",
    ),
]


def alike(*merges: str, shared: str = "abcd") -> str:
    """Four alike convolutions, merges of them, and the sum of these. Of `aabb`, the first two share their weights."""
    steps = [f"  shared s{name}: conv(3, 4)" for name in sorted(set(shared))]
    steps += [line for name, by in zip("abcd", shared, strict=True) for line in ("  from x", f"  s{by} -> keep {name}")]
    branches = (f"  | {kind} {{ | from {one}\n | from {other} }}" for kind, one, other in map(str.split, merges))
    return "\n".join(["  keep x", *steps, "  add {", *branches, "  }"])


RING = alike("concat a b", "concat b c", "concat c d", "concat d a")
PAIRS = alike("concat a b", "concat b a", "concat c d", "concat d c")
SAME += [
    (RING, alike("concat d b", "concat a d", "concat c a", "concat b c")),
    (PAIRS, alike("concat a c", "concat b d", "concat c a", "concat d b")),
    (
        alike("concat a b", "concat a b", "concat c d", "concat c d"),
        alike("concat d a", "concat c b", "concat d a", "concat c b"),
    ),
    (alike("concat a b", "concat c d", shared="aacc"), alike("concat a b", "concat c d", shared="ccaa")),
    (alike("concat a c", "concat b d", shared="aacc"), alike("concat a b", "concat d c", shared="abba")),
]
OTHER += [
    (RING, PAIRS),
    (alike("concat a b", "concat c d", "concat a b", "concat c d"), PAIRS),
    (alike("concat a b", "concat c d", shared="aacc"), alike("concat a b", "concat c d", shared="abab")),
    (alike("concat a b", "concat c d", shared="abba"), alike("concat a b", "concat c d", shared="abab")),
    (alike("add a b", "mul c d", shared="aabb"), alike("add a b", "mul c d", shared="abab")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equivalent(tmp_path: Path, one: str, other: str) -> None:
    assert equivalent(net(tmp_path, one), net(tmp_path, other, "another"))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_not_equivalent(tmp_path: Path, one: str, other: str) -> None:
    assert not equivalent(net(tmp_path, one), net(tmp_path, other))


@pytest.mark.parametrize("name", ["resnet1202_cifar10", "densenet121", "googlenet", "highway19_cifar10"])
def test_a_net_is_equivalent_to_itself(name: str) -> None:
    assert equivalent(resdsl.load(name).ir, resdsl.load(name).ir)


def test_paths_of_many_equal_branches(tmp_path: Path) -> None:
    one = net(tmp_path, "  add { 16 x { | conv(1, 4) -> conv(3, 4) } }")
    assert equivalent(one, net(tmp_path, "  add { 16 x { | conv(1, 4) -> conv(3, 4) } }", "other"))
    assert not equivalent(
        one, net(tmp_path, "  add { 15 x { | conv(1, 4) -> conv(3, 4) }\n | conv(1, 4) -> conv(1, 4) }")
    )


def facts(merges: list[str], shared: str, order: Sequence[str] = "abcd") -> object:
    """What `alike` says, with other names for the four: the merges, as far as order counts, and who shares weights."""
    name = dict(zip("abcd", order, strict=True))
    said = []
    for kind, *ends in map(str.split, merges):
        renamed = [name[end] for end in ends]
        said.append((kind, *(renamed if kind == "concat" else sorted(renamed))))
    return sorted(said), {
        frozenset(name[one] for one, by in zip("abcd", shared, strict=True) if by == s) for s in shared
    }


def test_four_alike_steps_against_all_ways_to_match_them(tmp_path: Path) -> None:
    draw = Random(6)

    def drawn(kinds: tuple[str, ...]) -> list[str]:
        merges = [" ".join((draw.choice(kinds), *draw.sample("abcd", 2))) for _ in range(4)]
        return merges if all(name in " ".join(one[-3:] for one in merges) for name in "abcd") else drawn(kinds)

    found: Counter[bool] = Counter()
    for _ in range(80):
        kinds = draw.choice([("concat",), ("add", "mul")])
        one, other = drawn(kinds), drawn(kinds)
        shared, sharing = (draw.choice(["abcd", "aacd", "abbd", "aacc", "abab"]) for _ in range(2))
        if draw.random() < 0.5:
            to = str.maketrans("abcd", "".join(draw.sample("abcd", 4)))
            other = [f"{merge[:-3]}{merge[-3:].translate(to)}" for merge in one]
            users = dict(zip("abcd".translate(to), shared.translate(to), strict=True))
            sharing = "".join(users[name] for name in "abcd")
        equal = any(facts(one, shared, order) == facts(other, sharing) for order in permutations("abcd"))
        mine, theirs = net(tmp_path, alike(*one, shared=shared)), net(tmp_path, alike(*other, shared=sharing), "other")
        assert equivalent(mine, theirs) == equal
        assert equivalent(mine, net(tmp_path, alike(*reversed(one), shared=shared), "reversed"))
        found[equal] += 1
    assert min(found[True], found[False]) >= 3


def test_rings_of_alike_steps_one_after_the_other(tmp_path: Path) -> None:
    """Only trying tells a ring of four from two of two; a wrong one at the end does not undo those before it."""

    def stack(*bodies: str) -> str:
        return "\n".join(f"  a{i}: {{\n{body}\n  }}" for i, body in enumerate(bodies))

    one = net(tmp_path, stack(*[RING] * 12, RING))
    assert equivalent(one, net(tmp_path, stack(*[RING] * 12, RING), "same"))
    assert not equivalent(one, net(tmp_path, stack(*[RING] * 12, PAIRS), "other"))


def test_the_literal_resnext() -> None:
    """512 paths of 3,664 steps, 32 of them alike at each place: NetworkX does not end here."""
    one, other = (resdsl.load("resnext50_32x4d_paths").ir for _ in range(2))
    assert equivalent(one, other)
    assert not equivalent(one, resdsl.load("resnext50_32x4d_concat").ir)


def test_no_end_in_the_time_that_is_allowed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = resdsl.load("resnet18").ir
    with pytest.raises(UndecidedError):
        equivalent(net, net, Limits(seconds=0))
    monkeypatch.setattr("resdsl.graph.equivalence.Deadline", lambda _: Deadline(Limits(seconds=0)))
    assert main(["diff", "--equivalent", "resnet18", "resnet18", "--max-seconds", "7"]) == 2
    assert capsys.readouterr().err == (
        "resdsl: whether resnet18 and resnet18 are equivalent takes longer than 7 seconds to find out; "
        "--max-seconds raises the limit\n"
    )


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "resnet18", "resnet18"]) == 0
    assert capsys.readouterr().out == "resnet18 and resnet18 do not differ\n"
    assert main(["diff", "resnet18", "resnet34"]) == 1
    assert "residual units" in capsys.readouterr().out
    assert main(["diff", "resnet18", "resnet34", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["differs"], data["before"], len(data["keys_added"])) == (True, "resnet18", 218 - 122)
    assert main(["diff", "--equivalent", "resnet18", "resnet34"]) == 1
    assert capsys.readouterr().out == "resnet18 and resnet34 are not equivalent\n"


def test_a_picture_outlines_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "diff.dot"
    assert main(["diff", "resnet50", "resnet101", "-o", str(path)]) == 1
    outlined = [
        line for line in path.read_text(encoding="utf-8").splitlines() if "rounded" in line and "dashed" in line
    ]
    assert [re.findall(r'id="([^"]*)"', line) for line in outlined] == [["n-layer3"], ["n-layer3.1"]]
    assert main(["diff", "resnet101", "resnet50", "-o", str(path), "--side", "before", "--level", "ops"]) == 1
    removed = re.findall(r'id="n-layer3\.(\d+)[^"]*"[^;]*dotted', path.read_text(encoding="utf-8"))
    assert {int(block) for block in removed} == set(range(6, 23))


def test_a_picture_of_equal_nets_has_no_outline(tmp_path: Path) -> None:
    path = tmp_path / "diff.dot"
    assert main(["diff", "resnet18", "resnet18", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == resdsl.load("resnet18").render(format="dot")
    assert main(["diff", "resnet18", "resnet34", "-o", str(tmp_path / "a.gif")]) == 2
