"""From whatever a caller names to a checkpoint, and from a checkpoint into a module."""

from __future__ import annotations

import os
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights import libraries
from resdsl.runtime.weights.files import Checkpoint, checkpoint, read
from resdsl.runtime.weights.finding import find_mapping
from resdsl.runtime.weights.layout import Layout
from resdsl.runtime.weights.mapping import Mapping

if TYPE_CHECKING:
    from torch import Tensor, nn


def checkpoint_of(source: object) -> Checkpoint:
    """The tensors of a module, a `state_dict`, a file, or (as a string `torchvision:NAME`) a library's published ones.

    Raises `OSError` and `WeightsError`; `TypeError` for anything else.
    """
    from torch import nn

    if isinstance(source, nn.Module):
        return checkpoint(f"the module {type(source).__name__}", source.state_dict())
    if isinstance(source, Dictionary):
        return checkpoint("the state_dict", source)
    if isinstance(source, str) and libraries.names_library(source):
        return libraries.published(source)
    if isinstance(source, str | os.PathLike):
        return read(Path(source))
    raise TypeError(f"weights come from a module, a state_dict or a file, not from a {type(source).__name__}")


def layout_of(
    place: str, wanted: Layout, *, reshape: bool = False, pins: Dictionary[str, str] | None = None
) -> Mapping:
    """The mapping to a model from the layout that a place shows.

    A place is a mapping's file (.json), a checkpoint's, or a network of a library (`torchvision:NAME`), which is built
    without memory and never downloaded. Raises `OSError` and `WeightsError`.
    """
    if place.endswith(".json"):
        return saved(place, wanted)
    shown = libraries.empty(place) if libraries.names_library(place) else read(Path(place))
    return find_mapping(shown.layout(), wanted, reshape=reshape, pins=pins)


def saved(path: str | os.PathLike[str], wanted: Layout) -> Mapping:
    """A mapping from its file, if it is for the model. Raises `OSError` and `WeightsError`."""
    found = Mapping.load(Path(path))
    found.fits(wanted.shapes)
    return found


def fill(module: nn.Module, state: Dictionary[str, Tensor]) -> None:
    """Copies every tensor into the module, where it stands and in its type.

    Nothing is changed if a tensor does not fit.
    """
    import torch

    own = module.state_dict(keep_vars=True)
    if own.keys() != state.keys() or any(own[key].shape != state[key].shape for key in own):
        raise WeightsError("the module is not of the model that the mapping is for")
    if any(tensor.is_meta for tensor in own.values()):
        raise WeightsError("the module stands on the meta device: it has no memory to copy weights to")
    with torch.no_grad():
        for key, tensor in own.items():
            tensor.copy_(state[key])
