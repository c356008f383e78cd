"""Which program runs a net fastest here: the fused source, an AOTInductor package, or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from resdsl.backends.torch import emit
from resdsl.runtime.bench.protocol import interleave
from resdsl.runtime.export import AotiRunner, OnnxSession, PackageMissingError, aoti_package, compare, onnx_model
from resdsl.runtime.generated import build_module
from resdsl.runtime.inference.compiling import Compiled, random_inputs

if TYPE_CHECKING:
    from torch import nn

EngineName = Literal["source", "aoti", "onnxruntime"]
SUFFIXES: dict[EngineName, str] = {"aoti": ".aoti.pt2", "onnxruntime": ".onnx"}
VISITS = 5


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs a net: `call` takes and returns tensors; `package` is the file's content where it is no source."""

    name: EngineName
    call: Any
    package: bytes | None
    notes: tuple[str, ...]
    """Milliseconds of each engine, and which is not there and why."""


def fastest_engine(compiled: Compiled, batch: int = 1) -> Engine:
    """The fastest of the engines for a net that was compiled for the CPU, each made from the rewritten graph.

    The others are compared with the module that they are made of before all are timed, side by side. Without a C++
    compiler or ONNX Runtime there is one engine less, and a note that says so.
    """
    import torch

    module = build_module(emit(compiled.rewritten)).eval()
    module.load_state_dict(compiled.rewritten_state)
    inputs = random_inputs(compiled.rewritten, batch)
    packages: dict[EngineName, bytes | None] = {"source": None}
    calls: dict[EngineName, Any] = {"source": compiled.call}
    notes: list[str] = []
    makers: dict[EngineName, Callable[[], tuple[bytes, Any]]] = {
        "aoti": lambda: _aoti(compiled, module, batch),
        "onnxruntime": lambda: _onnx(compiled, module, batch),
    }
    for name, make in makers.items():
        try:
            packages[name], calls[name] = make()
        except PackageMissingError as missing:
            notes.append(f"{name} is left out: {missing}")
    with torch.inference_mode():
        times = interleave({name: partial(call, *inputs) for name, call in calls.items()}, visits=VISITS)
    best = min(calls, key=lambda name: times[name].p20)
    notes.append(", ".join(f"{name} {times[name].p20 * 1000:.1f} ms" for name in calls))
    return Engine(best, calls[best], packages[best], tuple(notes))


def _aoti(compiled: Compiled, module: nn.Module, batch: int) -> tuple[bytes, Any]:
    package = aoti_package(compiled.rewritten, module, batch)
    runner = AotiRunner(package)
    compare(runner, compiled.rewritten, module, batch)
    return package, runner


def _onnx(compiled: Compiled, module: nn.Module, batch: int) -> tuple[bytes, Any]:
    model = onnx_model(compiled.rewritten, module, batch)
    session = OnnxSession(model)
    compare(session, compiled.rewritten, module, batch)
    return model, session
