"""Checkpoints: what is read of a file, a module or a mapping of tensors, and what is written.

Never an object of Python's.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights.layout import COUNTER, Layout, layout

if TYPE_CHECKING:
    from torch import Tensor

SAFETENSORS = ".safetensors"
PYTORCH = frozenset({".pth", ".pt"})

_WRAPPERS = ("state_dict", "model", "model_state_dict")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tensors by key. `ordered` is whether the keys have the order in which the modules were registered."""

    what: str
    tensors: Mapping[str, Tensor]
    ordered: bool = True

    def layout(self) -> Layout:
        shapes = {key: tuple(tensor.shape) for key, tensor in self.tensors.items()}
        return layout(self.what, shapes, ordered=self.ordered)


def read(path: Path) -> Checkpoint:
    """A `.safetensors` file, or a `.pth` or `.pt` file that holds nothing but tensors (`weights_only=True`).

    Tensors stay in the file (they are mapped into memory) where its format allows. Raises `OSError` if it is not such a
    file, `WeightsError` if it has something else in it.
    """
    if not path.is_file():
        raise OSError(f"there is no file {path}")
    if path.suffix == SAFETENSORS:
        return Checkpoint(str(path), _read_safetensors(path), ordered=False)  # the format sorts its tensors
    if path.suffix in PYTORCH:
        return checkpoint(str(path), _read_pytorch(path))
    raise OSError(f"{path} is no file of weights: their names end in {SAFETENSORS}, .pth or .pt")


def checkpoint(what: str, content: object) -> Checkpoint:
    """What a file or a caller gave, if it is tensors by name, or has these under `state_dict` (or the like).

    Raises `WeightsError` naming the first thing that is not.
    """
    import torch

    content = _unwrapped(content)
    if not isinstance(content, Mapping):
        raise WeightsError(f"{what} holds a {type(content).__name__}, not tensors by name")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            raise WeightsError(f"{what}: {key!r} is no tensor by name but a {type(value).__name__}")
        plain = value.layout is torch.strided and not value.is_quantized
        if not plain or not (value.is_floating_point() or key.endswith(COUNTER)):
            raise WeightsError(f"{what}: {key} is no dense tensor of floating-point numbers ({value.dtype})")
    if not content:
        raise WeightsError(f"{what} has no tensors")
    return Checkpoint(what, {key: tensor.detach() for key, tensor in content.items()})


def _unwrapped(content: object) -> object:
    if isinstance(content, Mapping):
        inner = [content[name] for name in _WRAPPERS if isinstance(content.get(name), Mapping)]
        if len(inner) == 1:
            return inner[0]
    return content


def _read_safetensors(path: Path) -> Mapping[str, Tensor]:
    safetensors = _safetensors()
    from safetensors import SafetensorError

    try:
        tensors: dict[str, Tensor] = safetensors.load_file(path)
    except SafetensorError as error:
        raise OSError(f"{path} is not a safetensors file: {error}") from error
    return checkpoint(str(path), tensors).tensors


def _read_pytorch(path: Path) -> object:
    import pickle
    import warnings

    import torch

    mapped = zipfile.is_zipfile(path)  # files from before PyTorch 1.6 cannot be mapped
    if mapped:
        _refuse_bombs(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of storages of old, and of pickles' protocols
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        # PyTorch's own words say how to open it all the same, which is how such a file runs its program
        raise OSError(f"{path} holds more than tensors, or is no file of PyTorch's, and is not opened") from error
    except (RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise OSError(f"{path} cannot be read: {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error


def _refuse_bombs(path: Path) -> None:
    """Raises `OSError` for an archive that unpacks to more than it is: PyTorch compresses nothing."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError) as error:
        raise OSError(f"{path} cannot be read: it is a broken archive") from error
    if any(one.compress_type != zipfile.ZIP_STORED for one in inside):
        raise OSError(f"{path} is compressed, which PyTorch's files are not, and is not opened")
    if sum(one.file_size for one in inside) > path.stat().st_size:
        raise OSError(f"{path} says that it holds more than it does, and is not opened")


def refuse_suffix(suffix: str) -> None:
    """Raises `OSError` if no file of weights is written that ends so."""
    if suffix != SAFETENSORS and suffix not in PYTORCH:
        raise OSError(
            f"weights are written to files that end in {SAFETENSORS}, .pth or .pt, not {suffix or 'in nothing'}"
        )


def encode(tensors: Mapping[str, Tensor], suffix: str) -> bytes:
    """The bytes of a file of weights with that suffix. Raises `OSError` for another suffix."""
    import torch

    refuse_suffix(suffix)
    whole = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    if suffix == SAFETENSORS:
        storages: set[int] = set()
        for key, tensor in whole.items():  # the format has no tensors that share memory
            if tensor.untyped_storage().data_ptr() in storages:
                whole[key] = tensor.clone()
            storages.add(tensor.untyped_storage().data_ptr())
        data: bytes = _safetensors().save(whole, {"format": "pt"})
        return data
    buffer = io.BytesIO()
    torch.save(whole, buffer)
    return buffer.getvalue()


def _safetensors() -> Any:
    try:
        import safetensors.torch
    except ImportError as error:
        raise OSError("safetensors files need the package safetensors: pip install safetensors") from error
    return safetensors.torch
