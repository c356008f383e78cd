"""A net for inference: rewritten, lowered to fused layers, and tuned by measuring on the machine it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from resdsl.backends.torch import emit
from resdsl.diagnostics import InternalError, WeightsError
from resdsl.graph import Graph
from resdsl.passes import INFERENCE, rewrite
from resdsl.passes.lowering import Target, choose, lower
from resdsl.runtime.bench.protocol import interleave, timer_of
from resdsl.runtime.export.comparing import DEAF, difference
from resdsl.runtime.formulas import convert
from resdsl.runtime.generated import build_with, load_source
from resdsl.runtime.inference.kernels import MARGIN, faster_kernels
from resdsl.runtime.processors import onednn_computes, put_channels_last
from resdsl.runtime.verify import tensors

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from resdsl.passes.base import Rewritten

    State = Mapping[str, Tensor]

TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2, "float16": 1e-2}
"""The largest difference from the plain module, in single precision, relative to the largest value of an output."""
_DEAF = "with these weights outputs hardly depend on inputs, so that the comparison says little"
VISITS = 3
"""Of each layout of the whole net."""


class InferenceError(OSError):
    """What was asked for cannot be had on this machine. The message says why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lowered net as it would be handed over."""

    source: str
    """A Python file that depends on torch alone; its first class is the model."""
    state: dict[str, Tensor]
    """The weights of that model."""
    module: nn.Module
    """The model with its weights, in eval, on its device."""
    call: Any
    """The module as one graph for each shape of its inputs, the fastest way to run it; takes and returns tensors."""


@dataclass(frozen=True, slots=True)
class Compiled(Candidate):
    """A net for inference."""

    rewritten: Graph
    """The graph before it was lowered: of operators of the language, for exports."""
    rewritten_state: dict[str, Tensor]
    difference: float
    """From the plain module, relative to the largest value of an output."""
    notes: tuple[str, ...]
    """What was done and chosen, a line each."""


def compile_inference(
    graph: Graph,
    state: State,
    *,
    device: Target = "cpu",
    dtype: str | None = None,
    batch: int = 1,
    tune: bool = True,
) -> Compiled:
    """A graph and its weights (those of its plain module) for inference on a device.

    Batch normalisation is folded, additions and activations are done by the layers before them; the layout of the net
    and the way of each layer are chosen by timing them with `batch` inputs, unless not `tune`. The result is compared
    with the plain module before it is returned. `dtype` is float32 if not given, bfloat16 on CUDA devices.

    Raises `InferenceError` where the device, or the type on it, is not there; `InternalError` if the outputs differ,
    and `WeightsError` if the plain module's are not finite.
    """
    import torch

    name = dtype or ("float32" if device == "cpu" else "bfloat16")
    wanted = _type(device, name)
    done = rewrite(graph, INFERENCE)
    converted = convert(done.weights, state)
    inputs = random_inputs(graph, batch)
    candidates = _candidates(done.graph, device, wanted, batch, tune=tune)
    built = {said: _built(made, converted, device, wanted) for said, made in candidates}
    plain = build_with(emit(graph), state).eval()
    given = [x.to(device, wanted) for x in inputs]
    with torch.inference_mode():
        said = _fastest(built, given, device) if len(built) > 1 else next(iter(built))
        best = built[said]
        expected = tensors(plain(*inputs))
        far = _difference(expected, [tensors(run(*given)) for run in (best.call, best.module)])
        others = tensors(plain(*(x.flip(-1).neg() for x in inputs)))
    if not far < TOLERANCE[name]:
        raise InternalError(f"the net for inference differs from the plain one by {far:.1e} of its largest value")
    best.module.load_state_dict(best.state)  # which forgets weights that were packed for the comparison
    deaf = any(difference(other, one) < DEAF for other, one in zip(others, expected, strict=True))
    notes = (_told(done), said, *([_DEAF] if deaf else []))
    return Compiled(best.source, best.state, best.module, best.call, done.graph, converted, far, notes)


def _difference(expected: Sequence[Tensor], runs: Sequence[Sequence[Tensor]]) -> float:
    """The largest one of any run. Raises `WeightsError` if what is expected is not finite."""
    if not all(bool(one.isfinite().all()) for one in expected):
        raise WeightsError("with these weights the plain module's own outputs are infinite or not a number")
    return max(difference(one.to(other), other) for found in runs for one, other in zip(found, expected, strict=True))


def _type(device: Target, name: str) -> torch.dtype:
    """The type of that name. Raises `InferenceError` if the device, or the type on it, is not there."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise InferenceError("there is no CUDA device here")
    there = ("float32", "bfloat16") if device == "cpu" else ("float32", "bfloat16", "float16")
    if name not in there:
        raise InferenceError(f"there are no fused layers in {name} for {device}: there are {' and '.join(there)}")
    if device == "cpu" and name == "bfloat16" and not onednn_computes(torch.bfloat16):
        raise InferenceError("this processor computes nothing in bfloat16 (it has no AVX-512): float32 is faster on it")
    found: torch.dtype = getattr(torch, name)
    return found


def random_inputs(graph: Graph, batch: int) -> list[Tensor]:
    """Inputs of a net in single precision, N(0, 1), always the same."""
    import torch

    generator = torch.Generator().manual_seed(0)
    return [torch.randn(batch, *graph.node(id_).shape.full, generator=generator) for id_ in graph.inputs]


def _candidates(
    graph: Graph, device: Target, dtype: torch.dtype, batch: int, *, tune: bool
) -> list[tuple[str, Rewritten]]:
    """Lowered graphs by what is said of them, the first without a measurement."""
    from resdsl.backends.torch.support.cpu import has_graphs

    lowered = lower(graph, device)
    if not tune:
        return [("channels last, nothing measured", lowered)]
    chosen = faster_kernels(lowered.graph, device, batch, dtype)
    last = choose(lowered.graph, chosen)
    ways = Counter(change.what.removeprefix("computed as ") for change in last.changes)
    said = ", ".join(
        ["channels last", *(f"{n} convolution{'s' if n > 1 else ''} as {way}" for way, n in sorted(ways.items()))]
    )
    found = [(said, lowered.then(last))]
    if device == "cpu" and not has_graphs():  # whose compiler lays out values itself
        found.append(("contiguous", lower(graph, device, channels_last=False)))
    return found


def _built(made: Rewritten, state: State, device: Target, dtype: torch.dtype) -> Candidate:
    """A lowered graph with its weights, on the device."""
    source = emit(made.graph, device)
    weights = {key: value.to(dtype, copy=True) for key, value in convert(made.weights, state).items()}
    module = build_with(source, weights).eval().to(device=device, dtype=dtype)
    if device == "cuda":
        put_channels_last(module)
    return Candidate(source, weights, module, load_source(source).Captured(module))


def _fastest(built: Mapping[str, Candidate], inputs: Sequence[Tensor], device: Target) -> str:
    """The first, unless another takes less than `MARGIN` of its time."""
    calls = {said: partial(candidate.call, *inputs) for said, candidate in built.items()}
    times = interleave(calls, visits=VISITS, calls=2, timer=timer_of(device))
    first, best = next(iter(times)), min(times, key=lambda said: times[said].min)
    return best if times[best].min < MARGIN * times[first].min else first


def _told(done: Rewritten) -> str:
    return f"{len(done.changes)} rewrites, {len(done.refused)} refused"
