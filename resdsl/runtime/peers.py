"""A module beside its peer, the same network in another library: equal outputs, gradients and statistics."""

from __future__ import annotations

import ast
import importlib
import math
import re
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from resdsl.records import Record

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
"""Largest difference allowed, relative to the largest magnitude of the reference tensor."""
FLOOR = 1e-7
"""Of the largest gradient: a gradient that is zero in theory is compared with this instead of itself."""

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[Any] = []  # a definition lives as long as its library


class PeerMissing(OSError):  # noqa: N818 - it says what is the case
    """The library of a peer is not there, or cannot be imported. `library` is its name."""

    def __init__(self, library: str, reason: Exception) -> None:
        super().__init__(f"{library} cannot be imported: {reason}")
        self.library = library


class Agreement(Record):
    """How far two modules with the same weights are from each other."""

    worst: float
    """The largest relative difference of any output, gradient or statistic."""
    where: str
    """Which tensor that is, such as `train output` or `gradient of fc.weight`."""

    @property
    def holds(self) -> bool:
        """Whether everything agrees to `TOLERANCE`."""
        return self.worst <= TOLERANCE

    def __str__(self) -> str:
        if self.worst == 0:
            return "outputs, gradients and statistics bit-equal"
        return f"relative difference {self.worst:.1e} ({self.where})"


def build_peer(text: str) -> nn.Module:
    """The network that `LIBRARY:NAME` or `LIBRARY:NAME(option=value, ...)` names, with random weights.

    Nothing is downloaded. Raises `PeerMissing` if the library cannot be imported.
    """
    library, _, call = text.partition(":")
    written = ast.parse(call if "(" in call else f"{call}()", mode="eval").body
    assert isinstance(written, ast.Call)
    options = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in written.keywords}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own
        return _BUILDERS[library](ast.unparse(written.func), options)


def _torchvision(name: str, options: dict[str, Any]) -> nn.Module:
    found: nn.Module = _torchvision_models().get_model(name, weights=None, **options)
    return found


def _timm(name: str, options: dict[str, Any]) -> nn.Module:
    _torchvision_models()
    found: nn.Module = _import("timm").create_model(name, pretrained=False, **options)
    return found


def _pytorchcv(name: str, options: dict[str, Any]) -> nn.Module:
    """With a last pool that takes maps of any size: the library's averages over 7x7 or 8x8 positions, all there are."""
    from torch import nn

    _torchvision_models()
    found: nn.Module = _import("pytorchcv.model_provider").get_model(name, pretrained=False, **options)
    features = found.get_submodule("features")
    if isinstance(getattr(features, "final_pool", None), nn.AvgPool2d):
        features.final_pool = nn.AdaptiveAvgPool2d(1)
    return found


_BUILDERS: dict[str, Callable[[str, dict[str, Any]], nn.Module]] = {
    "torchvision": _torchvision,
    "timm": _timm,
    "pytorchcv": _pytorchcv,
}


def _torchvision_models() -> ModuleType:
    """`torchvision.models`, which the other libraries import too.

    A torchvision built for another PyTorch stops at its own compiled operators, of which its models need none: their
    schemas are declared then.
    """
    try:
        return _import("torchvision.models")
    except PeerMissing as missing:
        if not isinstance(missing.__cause__, RuntimeError):
            raise
    import torch

    library: Any = torch.library.Library  # PyTorch gives it no types
    _declared.append(library("torchvision", "FRAGMENT"))
    for schema in _SCHEMAS:
        _declared[0].define(schema)
    return _import("torchvision.models")


def _import(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except (ImportError, RuntimeError) as error:
        raise PeerMissing(module.partition(".")[0], error) from error


def compare(ours: nn.Module, peer: nn.Module, names: Mapping[str, str], shape: tuple[int, ...]) -> Agreement:
    """Outputs in training and in eval, gradients and statistics, for one input of a shape (with the batch axis).

    The two have the same weights; `names` has the peer's key for each of ours. Dropout keeps everything on both
    sides. The modules' gradients and statistics change.
    """
    import torch

    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found: list[tuple[float, str]] = []
    for module in (ours, peer):
        keep_all(module)
    values, gradients = _step(ours, x)
    expected, expected_gradients = _step(peer, x)
    found += _differences("train output", values, expected)
    floor = FLOOR * max((_largest(g) for g in expected_gradients.values()), default=0.0)
    mine = {names[key]: gradient for key, gradient in gradients.items()}
    found += _differences("gradient of", mine, expected_gradients, floor)
    statistics = {names[key]: buffer for key, buffer in ours.named_buffers() if key in names}
    references = {key: buffer for key, buffer in peer.named_buffers() if key in statistics}
    found += _differences("statistic", statistics, references)
    with torch.no_grad():
        found += _differences("eval output", _outputs(ours.eval()(x)), _outputs(peer.eval()(x)))
    return Agreement(*max(found))


def keep_all(module: nn.Module) -> None:
    """Lets dropout keep everything: steps of two modules can be compared then."""
    from torch import nn

    for part in module.modules():
        if isinstance(part, nn.Dropout | nn.Dropout2d):
            part.p = 0.0


def _step(module: nn.Module, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The outputs in training, and the gradients of a fixed function of all of them."""
    import torch

    outputs = _outputs(module.train()(x))
    weighed = [(y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum() for y in outputs.values()]
    torch.autograd.backward(torch.stack(weighed).sum())
    gradients = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    return {name: y.detach() for name, y in outputs.items()}, gradients


def _outputs(result: Tensor | Mapping[str, Tensor] | tuple[Tensor, ...]) -> dict[str, Tensor]:
    """The outputs by the number at the end of their names, for libraries call them differently (`aux_logits1`)."""
    from torch import Tensor

    if isinstance(result, Tensor):
        return {"": result}
    # What is no mapping is a named tuple, whose class is the library's own.
    given: Mapping[str, Tensor] = result if isinstance(result, Mapping) else result._asdict()  # type: ignore[attr-defined]
    return {re.findall(r"\d*$", name)[0]: value for name, value in given.items()}


def _differences(
    what: str, ours: Mapping[str, Tensor], reference: Mapping[str, Tensor], floor: float = 0.0
) -> list[tuple[float, str]]:
    if ours.keys() != reference.keys():
        only = sorted(ours.keys() ^ reference.keys())
        return [(math.inf, f"{what} {only[0]}, which one side alone has")]
    return [(_difference(ours[name], reference[name], floor), f"{what} {name}".strip()) for name in ours]


def _difference(ours: Tensor, reference: Tensor, floor: float) -> float:
    """The largest difference relative to the reference's largest magnitude; infinite for what is not comparable."""
    if ours.shape != reference.shape:
        return math.inf
    difference, scale = _largest(ours - reference), max(_largest(reference), floor)
    if not (math.isfinite(difference) and math.isfinite(scale)):
        return math.inf
    if scale == 0:
        return math.inf if difference else 0.0
    return difference / scale


def _largest(x: Tensor) -> float:
    """The largest magnitude; not a number if any value is none."""
    import torch

    return float(torch.linalg.vector_norm(x.detach().float(), math.inf))
