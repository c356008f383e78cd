"""What people run: the library's module, its layouts and compilers, other runtimes."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from resdsl.runtime.bench.calls import Forward
from resdsl.runtime.bench.job import LeftOutError
from resdsl.runtime.processors import put_channels_last

if TYPE_CHECKING:
    from torch import nn

    from resdsl.runtime.bench.bed import Bed

_PACKED = "mkldnn_conv_weight_pack_matcher_count"
"""Inductor's count of convolutions whose weights it packed, which it does to frozen ones alone."""


def eager(net: nn.Module, _bed: Bed) -> Forward:
    """The baseline as it is."""
    return net


def control(net: nn.Module, _bed: Bed) -> Forward:
    """A second module equal to the baseline: what it differs by is no difference."""
    return net


def timm(net: nn.Module, _bed: Bed) -> Forward:
    """timm's module of the same network, as it is."""
    return net


def eager_fp32(net: nn.Module, bed: Bed) -> Forward:
    """The baseline in fp32, beside variants in bf16."""
    if bed.job.dtype == "fp32" or bed.job.train:
        raise LeftOutError("it is eager itself")
    return lambda *inputs: net(*(x.float() for x in inputs))


def channels_last(net: nn.Module, bed: Bed) -> Forward:
    """The baseline with weights and input in channels-last layout."""
    import torch

    if not all(x.dim() == 4 for x in bed.inputs):
        raise LeftOutError("the input is no image")
    moved = put_channels_last(net)
    return lambda *inputs: moved(*(x.contiguous(memory_format=torch.channels_last) for x in inputs))


def compiled(net: nn.Module, bed: Bed) -> Forward:
    """torch.compile, all defaults."""
    import torch

    needs_compiler(bed)
    found: Forward = torch.compile(net, dynamic=False)
    return found


def reduce_overhead(net: nn.Module, bed: Bed) -> Forward:
    """torch.compile with CUDA graphs (mode reduce-overhead)."""
    import torch

    if bed.job.device != "cuda":
        raise LeftOutError("CUDA graphs need CUDA")
    found: Forward = torch.compile(net, dynamic=False, mode="reduce-overhead")
    return found


def frozen(net: nn.Module, bed: Bed) -> Forward:
    """torch.compile with freezing, which only the global setting brings about, and only for what it compiles."""
    import torch
    from torch._dynamo.utils import counters
    from torch._inductor import config

    needs_compiler(bed)
    # The option freezes nothing: it tells this code from that of `compiled`, which PyTorch would find fit and run.
    found: Forward = torch.compile(net, dynamic=False, options={"freezing": True})
    packed = counters["inductor"][_PACKED]
    with config.patch(freezing=True), bed.mode():
        found(*bed.inputs)
    if bed.job.device == "cpu" and counters["inductor"][_PACKED] == packed:
        raise LeftOutError("freezing packed no weight of a convolution")
    return found


def aoti(net: nn.Module, bed: Bed) -> Forward:
    """An AOTInductor package with freezing, of the baseline."""
    from resdsl.runtime.export import AotiRunner, PackageMissingError, aoti_package

    try:
        return AotiRunner(aoti_package(bed.graph, net, batch=bed.job.batch))
    except PackageMissingError as missing:
        raise LeftOutError(str(missing)) from missing


def onnxruntime(net: nn.Module, bed: Bed) -> Forward:
    """An onnxruntime session of PyTorch's own export of the baseline."""
    from resdsl.runtime.export import OnnxSession, PackageMissingError, onnx_model

    if bed.job.dtype != "fp32":
        raise LeftOutError("it has no convolutions in bf16")
    if bed.job.device != "cpu":
        raise LeftOutError("its sessions are on the CPU")
    try:
        return OnnxSession(onnx_model(bed.graph, net, batch=bed.job.batch))
    except PackageMissingError as missing:
        raise LeftOutError(str(missing)) from missing


def needs_compiler(bed: Bed) -> None:
    """Raises `LeftOutError` where compiled code for the device needs a compiler that is not there."""
    name = os.environ.get("CXX", "g++")
    if bed.job.device == "cpu" and not (shutil.which(name) or shutil.which("clang++")):
        raise LeftOutError(f"it needs a C++ compiler, and there is no {name}")
