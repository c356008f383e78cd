"""Gives the mistakes to another tool, with the Python that it is installed in, and prints what it said as JSON.

`PYTHON rivals.py TOOL` where TOOL is narchi, mlnode, n_orca or neural_dsl. Each file goes the whole way: the tool's own
check, then the module is built and a batch goes through it. What is kept is where that ended and what was said there.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent


Tool = Callable[[Path], tuple[Callable[[], object], Callable[[], Any] | None]]


class Refused(Exception):  # noqa: N818 - it carries what another tool says
    """A tool's own check that says no."""


def narchi(path: Path) -> tuple[Callable[[], object], Callable[[], Any]]:
    def check() -> None:
        said = _program(BIN / "python", BIN / "narchi_cli.py", "validate", path)
        if said.returncode:
            raise Refused(said.stdout + said.stderr)

    def build() -> Any:
        from narchi.instantiators.pytorch import StandardModule

        net = StandardModule(str(path))
        return lambda x: net(x=x)

    return check, build


def mlnode(path: Path) -> tuple[Callable[[], object], Callable[[], Any]]:
    from mlnode import MLnodeModel

    def check() -> None:
        result = MLnodeModel.load(path).validate()
        if not result.valid:
            raise Refused("\n".join(error.message for error in result.errors))

    return check, lambda: MLnodeModel.load(path).build()


def n_orca(path: Path) -> tuple[Callable[[], object], Callable[[], Any]]:
    def check() -> None:
        said = _program(BIN / "n-orca", "verify", path)
        if said.returncode or "WARN" in said.stdout:
            raise Refused(said.stdout + said.stderr)

    def build() -> Any:
        said = _program(BIN / "n-orca", "compile", "pytorch", path)
        if said.returncode:
            raise Refused(said.stdout + said.stderr)
        return _executed(said.stdout)

    return check, build


def neural_dsl(path: Path) -> tuple[Callable[[], object], None]:
    """Its own check alone: of the right net it generates a PyTorch module that has the last layer and no other."""

    def check() -> None:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "net.py"
            said = _program(BIN / "neural", "--no-animations", "compile", path, "--backend", "pytorch", "-o", output)
            if said.returncode or not output.exists():
                text = re.sub(r"\x1b\[[\d;]*m", "", said.stdout + said.stderr)
                raise Refused(text.partition("for pytorch backend\n")[2])

    return check, None


def _executed(source: str) -> Any:
    """The first module of a generated source, made. It is executed: the tool wrote it from our own file."""
    import torch

    space: dict[str, Any] = {"__name__": "generated"}
    exec(compile(source, "<generated>", "exec"), space)
    kinds = [
        kind
        for kind in space.values()
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and kind.__module__ == "generated"
    ]
    return kinds[0]()


def _program(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, check=False)


def found(tool: Tool, path: Path) -> dict[str, str]:
    """Where the way ended, and what was said there."""
    import torch

    made: list[Any] = []
    check, build = tool(path)
    steps: dict[str, Callable[[], object]] = {"check": check}
    if build is not None:
        steps["build"] = lambda: made.append(build())
        steps["forward"] = lambda: made[0](torch.randn(2, 3, 32, 32))
    for stage, step in steps.items():
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                step()
        except Refused as error:
            return {"stage": stage, "message": str(error).strip()}
        except Exception as error:  # noqa: BLE001 - whatever the tool raises is its message
            return {"stage": stage, "message": f"{type(error).__name__}: {error}".strip()}
    return {"stage": "never", "message": ""}


def main() -> None:
    tool = sys.argv[1]
    tools: dict[str, Tool] = {"narchi": narchi, "mlnode": mlnode, "n_orca": n_orca, "neural_dsl": neural_dsl}
    files = sorted((HERE / tool).iterdir())
    results = {path.name.split(".")[0]: found(tools[tool], path) for path in files if path.name.startswith("m")}
    version = importlib.metadata.version(tool.replace("_", "-"))
    print(json.dumps({"tool": tool, "version": version, "results": results}, indent=2))


if __name__ == "__main__":
    main()
