"""Slips that a suggestion must find, and strangers that it must not."""

from __future__ import annotations

import pytest

from resdsl.diagnostics import Report
from resdsl.diagnostics.fixes import edited
from resdsl.diagnostics.suggest import did_you_mean, one_slip, respelling
from resdsl.elaborate import load_program
from resdsl.source import Source, Span

NAMES = ["conv", "deconv", "bn", "relu", "relu6", "maxpool", "avgpool", "layer_scale", "width", "stride"]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("cnov", "conv"), ("maxpol", "maxpool"), ("wdith", "width"), ("Relu", "relu"), ("layerscale", "layer_scale")],
)
def test_finds_the_slip(slip: str, meant: str) -> None:
    assert did_you_mean(slip, NAMES) == meant


@pytest.mark.parametrize("stranger", ["transformer", "q", "", "zzzz"])
def test_is_silent_about_strangers(stranger: str) -> None:
    assert did_you_mean(stranger, NAMES) is None


def test_does_not_depend_on_order() -> None:
    assert did_you_mean("conw", ["conv", "cone"]) == did_you_mean("conw", ["cone", "conv"]) == "cone"
    assert did_you_mean("conv", ["conv"]) is None


def test_one_wrong_letter_in_a_short_name_is_a_slip() -> None:
    assert did_you_mean("bm", ["bn", "gn", "conv"]) == "bn"
    assert did_you_mean("q", ["p"]) is None


@pytest.mark.parametrize(
    ("name", "other", "one"),
    [
        ("cnov", "conv", True), ("conw", "conv", True), ("con", "conv", True), ("convv", "conv", True),
        ("onv", "conv", True), ("ab", "ba", True), ("", "x", True),
        ("conv", "conv", False), ("vonc", "conv", False), ("cvno", "conv", False), ("co", "conv", False),
        ("abc", "cba", False),
    ],
)  # fmt: skip
def test_one_slip(name: str, other: str, one: bool) -> None:
    assert one_slip(name, other) is one_slip(other, name) is one


def fixes(name: str, *candidates: str) -> list[tuple[str, bool]]:
    span = Span(Source("t", name), 0, len(name))
    said = respelling(name, span, candidates, "there are some")
    assert said["help"] == (f"did you mean `{said['fixes'][0].edits[0].text}`?" if said["fixes"] else "there are some")
    return [(fix.edits[0].text, fix.safe) for fix in said["fixes"]]


def test_the_fix_is_safe_where_one_name_is_meant() -> None:
    assert fixes("maxpol", *NAMES) == [("maxpool", True)]
    assert fixes("rleu", "relu", "prelu") == [("relu", True), ("prelu", False)]  # a single slip against a likeness
    assert fixes("Relu", "relu", "relu6", "prelu")[0] == ("relu", True)
    assert fixes("relu7", "relu", "relu6") == [("relu", False), ("relu6", False)]
    assert fixes("zzzz", *NAMES) == []


def test_a_misspelt_name_of_the_library_is_written_and_imported() -> None:
    text = "use std: basic\n\nmodel m {\n  input 3x8x8\n  basic(3) -> bottelneck(3)\n}\n"
    report, source = Report(), Source("t.res", text)
    load_program(source, report)
    (fault,) = report
    assert fault.fixes[0].safe
    assert edited(source, fault.fixes[0].edits).text == text.replace("basic\n", "basic, bottleneck\n").replace(
        "bottelneck", "bottleneck"
    )
