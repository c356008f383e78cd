"""The convolution peak: the best rate that any of these convolutions reaches alone, with the fastest call there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from resdsl.records import Record
from resdsl.runtime.bench.protocol import Run, interleave, timer_of
from resdsl.runtime.processors import onednn_computes

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Shape(Record):
    """A convolution: channels in and out, kernel, and the sides of its maps, with stride 1 and the same size out."""

    inputs: int
    outputs: int
    kernel: int
    side: int

    @property
    def macs(self) -> int:
        """For one image."""
        return self.inputs * self.outputs * (self.kernel * self.side) ** 2

    def __str__(self) -> str:
        return f"{self.kernel}x{self.kernel}, {self.inputs} to {self.outputs}, {self.side}x{self.side}"


SHAPES = (
    Shape(64, 64, 3, 56), Shape(128, 128, 3, 28), Shape(256, 256, 3, 14), Shape(512, 512, 3, 7),
    Shape(128, 128, 3, 112), Shape(256, 256, 3, 56), Shape(512, 512, 3, 28), Shape(512, 512, 3, 14),
    Shape(256, 64, 1, 56), Shape(64, 256, 1, 56), Shape(512, 128, 1, 28), Shape(128, 512, 1, 28),
    Shape(1024, 256, 1, 14), Shape(256, 1024, 1, 14), Shape(2048, 512, 1, 7), Shape(512, 2048, 1, 7),
)  # fmt: skip
"""Those that the residual family is made of."""


class Peak(Record):
    gflops: float
    """Thousand million operations a second, a multiply-add being two, at the 20th percentile of the times."""
    shape: str
    call: str
    """`contiguous`, `channels last`, or `packed`: oneDNN's own, its weight in the layout that oneDNN likes best."""


_GLANCES, _TIMED = 3, 4
"""Calls of each at first, and how many of the fastest are timed then."""


def convolution_peak(
    device: str, dtype: str, batches: tuple[int, ...], visits: int, shapes: tuple[Shape, ...] = SHAPES
) -> Peak:
    """The best of all shapes, batches and calls: those that a first glance finds fast are timed, each alone."""
    import torch

    found: list[tuple[Peak, Run, int]] = []
    timer = timer_of(device)
    with torch.inference_mode():
        for shape in shapes:
            for batch in batches:
                for call, run in _calls(shape, batch, device, torch.bfloat16 if dtype == "bf16" else torch.float32):
                    flops = 2 * batch * shape.macs
                    glance = flops / min(timer(run) for _ in range(_GLANCES))
                    found.append((Peak(1e-9 * glance, f"{shape}, batch {batch}", call), run, flops))
            found = sorted(found, key=lambda one: one[0].gflops, reverse=True)[:_TIMED]
        peaks = []
        for peak, run, flops in found:
            times = interleave({"": run}, visits=visits, warm_up=2, timer=timer)[""]
            peaks.append(Peak(1e-9 * flops / times.p20, peak.shape, peak.call))
    return max(peaks, key=lambda peak: peak.gflops)


def _calls(shape: Shape, batch: int, device: str, dtype: torch.dtype) -> Iterator[tuple[str, Run]]:
    import torch
    from torch.nn.functional import conv2d

    x = torch.randn(batch, shape.inputs, shape.side, shape.side, device=device, dtype=dtype)
    w = torch.randn(shape.outputs, shape.inputs, shape.kernel, shape.kernel, device=device, dtype=dtype)
    padding = shape.kernel // 2
    yield "contiguous", lambda: conv2d(x, w, padding=padding)
    x_last, w_last = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, w))
    yield "channels last", lambda: conv2d(x_last, w_last, padding=padding)
    if device == "cpu" and onednn_computes(dtype):
        yield "packed", _packed(x_last, w, padding)


def _packed(x: Tensor, w: Tensor, padding: int) -> Run:
    """The layer that nets for inference have."""
    from resdsl.backends.torch.support.cpu import FusedConv2d

    width, channels, side, _ = w.shape
    return partial(FusedConv2d(channels, width, side, padding=padding, bias=False).to(x), x)
