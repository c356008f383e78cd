"""Predicted peaks against CUDA's allocator, which has kernels' workspaces on top and rounds up."""

from __future__ import annotations

import pytest
import torch

import resdsl
from tests.parity._allocator import Step

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "densenet121"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_peaks(name: str, dtype: torch.dtype) -> None:
    """Workspaces are a matter of the kernels that are chosen: a tenth, and 64 MiB for those of the libraries."""
    batch = 16
    net = resdsl.load(name)
    predicted = net.memory(batch, str(dtype).removeprefix("torch."))
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    step = Step(net.module("cuda", dtype), torch.randn(batch, 3, 224, 224, device="cuda", dtype=dtype))
    for run, peak in ((step.train, predicted.first), (step.train, predicted.accumulating), (step.infer, None)):
        expected = peak.total if peak else predicted.inference.total
        step.forget(gradients=peak is None)
        torch.cuda.reset_peak_memory_stats()
        run()
        found = torch.cuda.max_memory_allocated() - before
        assert 0.98 * expected <= found <= 1.1 * expected + 64 * 2**20
