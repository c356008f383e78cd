"""resdsl: a text language for residual networks and their relatives, and its compiler.

    >>> import resdsl
    >>> net = resdsl.load("net.res")        # or the name of a network that ships
    >>> net.summary().macs, net.source(), net.module(), net.render("net.svg")

Nothing heavy is imported before it is needed: PyTorch only by `Architecture.module`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resdsl.api import load, transplant
    from resdsl.architecture import Architecture
    from resdsl.diagnostics import CompileError, WeightsError

__version__ = "0.1.0"
__all__ = ["Architecture", "CompileError", "WeightsError", "__version__", "load", "transplant"]

_HOME = {
    "Architecture": "resdsl.architecture",
    "CompileError": "resdsl.diagnostics",
    "WeightsError": "resdsl.diagnostics",
    "load": "resdsl.api",
    "transplant": "resdsl.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext resdsl`: the notebook magic `%%res`."""
    from importlib import import_module

    import_module("resdsl.notebook").register(shell)


def __dir__() -> list[str]:
    return sorted(__all__)
