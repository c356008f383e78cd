"""The text of generated code: short, stable under a formatter, the same under every hash seed, alone on torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.backends.torch import emit
from resdsl.graph import Graph
from resdsl.specs import shipped

ROOT = Path(resdsl.__file__).parents[1]


def source(name: str) -> str:
    return resdsl.load(name).source()


def buildable() -> list[str]:
    """Every shipped network; models that are there for their variants need arguments and are left out."""
    names = []
    for name in shipped():
        try:
            resdsl.load(name)
        except resdsl.CompileError as error:
            if {d.code for d in error.diagnostics} != {"E121"}:
                raise
        else:
            names.append(name)
    return names


def test_resnet50_is_short() -> None:
    assert len(source("resnet50").splitlines()) <= 130


@pytest.mark.parametrize(("deep", "shallow"), [("resnet152", "resnet50"), ("resnet1202_cifar10", "resnet20_cifar10")])
def test_deep_networks_are_not_longer(deep: str, shallow: str) -> None:
    assert len(source(deep).splitlines()) <= len(source(shallow).splitlines()) + 3


def test_every_shipped_source_is_as_ruff_leaves_it(tmp_path: Path) -> None:
    for name in buildable():
        (tmp_path / f"{name}.py").write_text(source(name))
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "--isolated", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_needs_torch_alone(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(source("resnet20_cifar10"))
    program = (
        "import sys, torch, net\n"
        "model = getattr(net, net.__all__[0])()\n"
        "assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)\n"
        "assert not any(m.split('.')[0] == 'resdsl' for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, env={"PYTHONPATH": str(tmp_path)})


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import sys, resdsl\n"
        "for n in ('resnet50', 'vgg16_bn', 'resnet56_b_cifar10'):\n"
        "    a = resdsl.load(n)\n"
        "    sys.stdout.write(a.source() + a.summary().to_json() + a.render(format='dot'))"
    )
    texts = set()
    for seed in ("0", "1", "271828"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        texts.add(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=env).stdout)
    assert len(texts) == 1


@pytest.mark.parametrize("title", ['"""', "\\", '\\"""', "a\u2028b", '"""\nimport os  # ', 'ends in a quote"'])
def test_comments_cannot_leave_the_docstring(graph_of: Callable[..., Graph], title: str) -> None:
    import ast

    text = f"# {title.splitlines()[0]}\nblock u(w) {{ # {title.splitlines()[0]}\n conv(1, w) -> relu }}\n"
    graph = graph_of(text + "model net { input 3x8x8\n u(4) }")
    graph.header = title
    tree = ast.parse(emit(graph))
    kinds = {type(node).__name__ for node in tree.body}
    assert kinds <= {"Expr", "Import", "ImportFrom", "Assign", "ClassDef", "FunctionDef"}
    imported = [a.name for node in tree.body if isinstance(node, ast.Import) for a in node.names]
    assert "os" not in imported


def test_layers_that_differ_in_their_biases_are_told_apart(graph_of: Callable[..., Graph]) -> None:
    """A gate's convolution is named for its bias. Small nets have their multiply-adds."""
    text = emit(
        graph_of(
            """
            block unit { residual { conv(1, 4, bias=0) -> relu } gate { conv(1, 4, bias=-2) -> sigmoid } }
            model net { input 4x1x1; default conv(init=kaiming_normal(fan=in)); 2 x unit }
            """
        )
    )
    layers = [line for line in text.splitlines() if line.startswith("class ") and "(nn.Conv2d)" in line]
    assert layers == ["class KaimingConv2d(nn.Conv2d):", "class KaimingConstantBiasConv2d(nn.Conv2d):"]
    assert "\n80 parameters, 0.000000064 GMACs, depth 2.\n" in text


def test_no_shape_is_told_where_a_shared_part_sees_several(graph_of: Callable[..., Graph]) -> None:
    head = "block head { 2 x { conv(3, 3) -> relu } }\nmodel net { input 3x8x8\n shared a: head\n a"
    text = emit(graph_of(f"{head} -> maxpool(2) -> a }}"))
    assert "# (N" not in text[text.index("class Head") : text.index("class Net")]
