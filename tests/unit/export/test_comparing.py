"""What is not equal is not exported."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from resdsl.diagnostics import InternalError, WeightsError
from resdsl.runtime.export import compare
from tests.unit.export._net import expected, module, net

Outputs = tuple[Tensor, ...]

WRONG: dict[str, tuple[Callable[[Outputs], Outputs], str]] = {
    "a little": (lambda y: (y[0], y[1] * 1.001, y[2]), r"maps differs from the module's by 1\.0e-03.*batch 1"),
    "one element": (lambda y: (y[0].index_add(1, torch.tensor([3]), torch.ones(len(y[0]), 1)), *y[1:]), "scores"),
    "no number": (lambda y: (y[0], y[1], y[2] * torch.nan), "getitem differs"),
    "another order": (lambda y: (y[1], y[0], y[2]), "scores differs"),
    "another type": (lambda y: (y[0].double(), y[1], y[2]), "scores differs"),
    "fewer": (lambda y: y[:2], "returns 2 values, the module 3"),
}


def test_equal_outputs_agree() -> None:
    found = compare(expected, net().ir, module(), "dynamic")
    assert found.difference == 0
    assert found.tells
    assert str(found) == "bit-equal"


@pytest.mark.parametrize("how", WRONG)
def test_other_outputs_do_not(how: str) -> None:
    change, message = WRONG[how]
    with pytest.raises(InternalError, match=message):
        compare(lambda *inputs: change(expected(*inputs)), net().ir, module(), "dynamic")


def test_a_difference_at_one_batch_size_alone_is_found() -> None:
    def run(*inputs: Tensor) -> Outputs:
        outputs = expected(*inputs)
        return outputs if len(inputs[0]) == 1 else tuple(y[:1].expand_as(y) for y in outputs)

    assert compare(run, net().ir, module(), 1).difference == 0
    with pytest.raises(InternalError, match="batch 3"):
        compare(run, net().ir, module(), "dynamic")


def test_an_export_that_does_not_run_is_our_fault() -> None:
    def run(*inputs: Tensor) -> Outputs:
        raise RuntimeError(f"no kernel for {len(inputs)} inputs\nand so on")

    with pytest.raises(InternalError, match=r"the export failed: RuntimeError: no kernel for 2 inputs$"):
        compare(run, net().ir, module(), "dynamic")


def test_weights_that_say_little_are_told() -> None:
    deaf = net().module().eval()
    with torch.no_grad():
        for weight in deaf.parameters():
            weight.mul_(1e-9)
        deaf.get_submodule("linear1").bias.fill_(1.0)
    found = compare(deaf, net().ir, deaf, 1)
    assert not found.tells
    assert "says little" in str(found)


def test_outputs_that_are_not_finite_cannot_be_compared() -> None:
    broken = net().module().eval()
    with torch.no_grad():
        broken.get_submodule("bn2").weight.fill_(torch.inf)
    with pytest.raises(WeightsError, match=r"own \w+ is infinite or not a number"):
        compare(broken, net().ir, broken, 1)
