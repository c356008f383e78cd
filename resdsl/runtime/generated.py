"""Generated source as modules in memory: what one runs is what one ships.

The source is executed once for each text. Instances pickle, copy and travel to spawned processes: a pickle carries
the source of its classes and opens wherever resdsl is installed.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

SEED = 0
"""Of a model that is to be initialised alike each time."""


@cache
def load_source(text: str) -> ModuleType:
    """The module that a generated source defines. Equal texts are the same module.

    The text must come from resdsl's own compiler: it is executed.
    """
    name = f"resdsl.generated.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    filename = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = filename
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    # Registered under its name: dataclasses, torch.compile and inspect look classes' modules up there.
    sys.modules[name] = module
    exec(compile(text, filename, "exec"), module.__dict__)  # noqa: S102 - our own compiler's output, see docstring
    _make_portable(module, text)
    return module


def build_module(text: str, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> nn.Module:
    """The model of a generated source, freshly initialised on `device` (PyTorch's default otherwise)."""
    import torch

    with torch.device(device) if device is not None else nullcontext():
        module = model_class(text)()
    return module.to(dtype=dtype) if dtype is not None else module


def build_with(text: str, state: Mapping[str, Tensor]) -> nn.Module:
    """The model of a generated source with these tensors as its weights: they are not copied.

    Nothing is drawn for it: it begins on the meta device, where a random number is an import of PyTorch's compiler.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    drawn = {torch.Tensor.normal_, torch.Tensor.uniform_}

    class Undrawn(TorchFunctionMode):
        def __torch_function__(self, call: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return args[0] if call in drawn else call(*args, **(kwargs or {}))

    with torch.device("meta"), Undrawn():
        module = model_class(text)()
    module.load_state_dict(dict(state), assign=True)
    return module


def build_seeded(text: str) -> nn.Module:
    """The model of a generated source on the CPU, initialised alike each time; random numbers elsewhere go on as if
    nothing had been drawn."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return build_module(text, device="cpu")


def model_class(text: str) -> type[nn.Module]:
    """The model's class: the first name of the source's `__all__`."""
    module = load_source(text)
    found: type[nn.Module] = getattr(module, module.__all__[0])
    return found


def _make_portable(module: ModuleType, text: str) -> None:
    """Instances of the module's classes reduce to the source, the class's name and their state."""
    from torch import nn

    def reduce(self: Any, _protocol: int) -> tuple[Any, ...]:
        return _revive, (text, type(self).__qualname__), self.__getstate__()

    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == module.__name__:
            # The type checker sees the method of `object` replaced, for good.
            value.__reduce_ex__ = reduce  # type: ignore[method-assign,assignment]


def _revive(text: str, name: str) -> Any:
    cls = getattr(load_source(text), name)
    return cls.__new__(cls)
