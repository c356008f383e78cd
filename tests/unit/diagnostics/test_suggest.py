"""Slips that a suggestion must find, and strangers that it must not."""

from __future__ import annotations

import pytest

from resdsl.diagnostics.suggest import did_you_mean

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
