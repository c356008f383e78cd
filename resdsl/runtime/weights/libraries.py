"""Networks of installed libraries, by explicit name (`torchvision:NAME`): their layout, or their published weights."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights.files import Checkpoint, checkpoint

if TYPE_CHECKING:
    from torch import nn

Builder = Callable[[str, bool], "nn.Module"]


def _torchvision(name: str, pretrained: bool) -> nn.Module:
    models = _module("torchvision.models")
    found: nn.Module = models.get_model(name, weights="DEFAULT" if pretrained else None)
    return found


def _timm(name: str, pretrained: bool) -> nn.Module:
    found: nn.Module = _module("timm").create_model(name, pretrained=pretrained)
    return found


def _pytorchcv(name: str, pretrained: bool) -> nn.Module:
    found: nn.Module = _module("pytorchcv.model_provider").get_model(name, pretrained=pretrained)
    return found


LIBRARIES: dict[str, Builder] = {"torchvision": _torchvision, "timm": _timm, "pytorchcv": _pytorchcv}


def names_library(text: str) -> bool:
    """Whether a text is `LIBRARY:NAME` of a library that is known here."""
    return text.partition(":")[0] in LIBRARIES and ":" in text


def published(text: str) -> Checkpoint:
    """The published weights of a network, which the library downloads. Raises as `peer_layout` does."""
    return checkpoint(text, _build(text, pretrained=True).state_dict())


def empty(text: str) -> Checkpoint:
    """A network's tensors without memory: their names, shapes and order. Nothing is downloaded.

    Raises `OSError` if the library is not installed, `WeightsError` if it has no such network.
    """
    import torch

    with torch.device("meta"):
        return checkpoint(text, _build(text, pretrained=False).state_dict())


def _build(text: str, *, pretrained: bool) -> nn.Module:
    library, _, name = text.partition(":")
    try:
        return LIBRARIES[library](name, pretrained)
    except (ValueError, RuntimeError, KeyError) as error:  # what the three raise for a name they do not know
        raise WeightsError(f"{library} gives no weights of {name!r}: {error}") from error


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise OSError(f"{name.partition('.')[0]} is not installed: {error}") from error
