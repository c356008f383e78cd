"""AOTInductor packages: machine code of the net with its weights, which PyTorch runs without Python's part in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.graph import Graph
from resdsl.runtime.export.preparing import Batch, PackageMissingError, at_work, described, trace

if TYPE_CHECKING:
    from torch import Tensor, nn


def aoti_package(graph: Graph, module: nn.Module, batch: Batch = 1, *, any_threads: bool = False) -> bytes:
    """The module in eval, compiled ahead of time for the processor of this machine, as the bytes of a package.

    Its weights are frozen: batch normalisation is folded, and convolutions have them in the layout they read fastest.
    `torch._inductor.aoti_load_package(path)` loads it, without resdsl. It is made for as many threads as PyTorch has
    now; one for `any_threads` starts some for short loops too. Takes from ten seconds to minutes.

    Raises `PackageMissingError` without a C++ compiler, `OSError` if that fails, `InternalError` if PyTorch cannot
    compile the net.
    """
    import torch
    from torch._inductor import aoti_compile_and_package, config

    _require_compiler()
    program = trace(graph, module, batch)
    # Options of one call freeze nothing, and nothing says so: the global setting is read, and only without gradients.
    settings = {"freezing": True, "cpp.dynamic_threads": any_threads, "aot_inductor.metadata": described(graph, batch)}
    with tempfile.TemporaryDirectory() as folder, torch.no_grad(), config.patch(settings):
        path = Path(folder, "net.pt2")
        with at_work("AOTInductor"), _compiler_told():
            aoti_compile_and_package(program, package_path=str(path))
        return path.read_bytes()


def _require_compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        raise PackageMissingError(
            "an AOTInductor package needs a C++ compiler, and there is no g++ (or what the variable CXX names): "
            "on Debian and Ubuntu, apt install g++"
        ) from error


@contextmanager
def _compiler_told() -> Iterator[None]:
    """A compiler that fails is the machine's affair: an `OSError` with the first thing that it said."""
    from torch._inductor.exc import CppCompileError

    try:
        yield
    except Exception as error:
        fault: object = getattr(error, "inner_exception", error)  # newer versions of PyTorch wrap it
        if not isinstance(fault, CppCompileError):
            raise
        said = str(fault).partition("Output:")[2].strip().partition("\n")[0]
        raise OSError(f"the C++ compiler failed: {said or fault}") from error


class AotiRunner:
    """An AOTInductor package, loaded: called with tensors, returns one, or a tuple of several.

    The machine code itself looks at nothing. Raises `ValueError` for a batch that a package of ours was not made for.
    """

    def __init__(self, package: bytes | Path) -> None:
        from torch._inductor import aoti_load_package

        with tempfile.TemporaryDirectory() as folder, at_work("AOTInductor"):
            path = package if isinstance(package, Path) else Path(folder, "net.pt2")
            if isinstance(package, bytes):
                path.write_bytes(package)
            self._run = aoti_load_package(str(path))  # unpacks it elsewhere
        batch = self._run.loader.get_metadata().get("batch", "dynamic")
        self._batch = None if batch == "dynamic" else int(batch)

    def __call__(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        if self._batch is not None and any(len(x) != self._batch for x in inputs):
            raise ValueError(f"the package takes batches of {self._batch}, not of {len(inputs[0])}")
        found: Tensor | list[Tensor] | tuple[Tensor, ...] = self._run(*(x.contiguous() for x in inputs))
        return tuple(found) if isinstance(found, list | tuple) else found
