"""The comparison finds wrong answers."""

from __future__ import annotations

import torch

from tests.parity._compare import differing, worst_difference


def test_equal_tensors_agree() -> None:
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    assert worst_difference(x, x.clone()) == 0
    assert differing({"x": x}, {"x": x.clone()}, 0.0) == []
    assert worst_difference(torch.zeros(3), torch.zeros(3)) == 0


def test_a_wrong_value_is_measured_against_the_largest_of_the_reference() -> None:
    reference = torch.tensor([1.0, -100.0])
    assert abs(worst_difference(torch.tensor([1.1, -100.0]), reference) - 1e-3) < 1e-8


def test_the_floor_is_for_references_that_are_zero_in_theory() -> None:
    reference, ours = torch.tensor([1e-12]), torch.tensor([-1e-12])
    assert worst_difference(ours, reference) == 2
    assert worst_difference(ours, reference, floor=1e-3) < 1e-8


def test_what_is_not_a_number_never_agrees() -> None:
    reference = torch.ones(2)
    assert differing({"x": torch.tensor([1.0, float("nan")])}, {"x": reference}, 1e9)
    assert differing({"x": torch.tensor([1.0, float("inf")])}, {"x": reference}, 1e9)


def test_shapes_names_and_values_are_all_reported() -> None:
    reference = {"a": torch.ones(2), "b": torch.ones(2), "c": torch.ones(2)}
    ours = {"a": torch.ones(2, 1), "b": torch.full((2,), 1.1), "d": torch.ones(2)}
    assert differing(ours, reference, 1e-5) == [
        "a: inf relative difference",
        "b: 1.00e-01 relative difference",
        "c: only in the reference",
        "d: not in the reference",
    ]
