"""Promises about the project as a whole: light starts, no network known to Python, data in the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from resdsl.resources import root
from resdsl.specs import shipped

ROOT = Path(__file__).parents[3]
CODE = sorted((ROOT / "resdsl").rglob("*.py"))
NETWORKS = r"resnet|resnext|vgg|alexnet|densenet|googlenet|inception|mobilenet|efficientnet|regnet|convnext|squeezenet"


def python(*arguments: str, path: Path = ROOT, cwd: Path | None = None, seed: str = "0") -> str:
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONHASHSEED": seed, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [["check"], ["summary"], ["compile", "--no-verify"], ["render", "--format", "dot"]])
def test_nothing_but_a_module_needs_torch(command: list[str]) -> None:
    arguments = [*command, "resnet18"]
    program = f"import sys; from resdsl.cli import main; sys.exit(main({arguments}) or 'torch' in sys.modules)"
    assert python("-c", program)


def test_importing_the_package_is_light() -> None:
    heavy = "{'torch', 'networkx', 'lark', 'pydantic', 'graphviz'}"
    assert python("-c", f"import sys, resdsl; print({heavy} & sys.modules.keys())") == "set()\n"
    assert python("-c", f"import sys, resdsl.cli; print({heavy} & sys.modules.keys())") == "set()\n"


def test_no_python_file_knows_a_network() -> None:
    numbered = [re.escape(name) for name in shipped() if re.search(r"\d", name)]  # `plain` alone is a word
    names = re.compile("|".join([NETWORKS, *numbered]), re.IGNORECASE)
    found = {
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if names.search(line)
    }
    assert not found


def test_the_wheel_has_all_data_and_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    for kind in ("grammars", "specs", "library", "diagnostics"):
        packed = installed / "resdsl" / ("library" if kind == "library" else f"_data/{kind}")
        ours = {path.relative_to(root(kind)) for path in root(kind).rglob("*") if path.is_file()}
        assert ours == {path.relative_to(packed) for path in packed.rglob("*") if path.is_file()}, kind
    for command in (["compile", "--no-verify"], ["render", "--format", "dot"], ["summary", "--format", "json"]):
        arguments = ["-m", "resdsl", *command, "resnet18"]
        from_checkout = python(*arguments, cwd=tmp_path, seed="1")
        assert python(*arguments, path=installed, cwd=tmp_path, seed="2") == from_checkout


def test_the_environment_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *extras["test"], *extras["dev"], "torchvision", "timm", "pytorchcv"]
    names = {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in wanted} - {"resdsl"}
    pinned = set(
        re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8").lower(), re.MULTILINE)
    )
    assert names <= pinned
