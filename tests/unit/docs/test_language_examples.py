"""The examples of docs/language.md are true: files check, fragments parse, and keys are what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.diagnostics import Report
from resdsl.elaborate import build, check, load_program
from resdsl.source import Source
from resdsl.syntax import parse

PAGE = Path(__file__).parents[3] / "docs" / "language.md"
FENCE = re.compile(
    r"^```res(?P<fragment> fragment)?\n(?P<text>.*?)^```$(?:\n\n```keys\n(?P<keys>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


def _examples() -> list[tuple[int, str, bool, str | None]]:
    page = PAGE.read_text(encoding="utf-8")
    return [
        (page.count("\n", 0, match.start()) + 2, match["text"], bool(match["fragment"]), match["keys"])
        for match in FENCE.finditer(page)
    ]


def test_there_are_examples_of_each_kind() -> None:
    examples = _examples()
    assert len(examples) > 20
    assert any(fragment for _, _, fragment, _ in examples)
    assert sum(keys is not None for _, _, _, keys in examples) == PAGE.read_text(encoding="utf-8").count("```keys")


@pytest.mark.parametrize(
    ("line", "text", "fragment", "keys"), [pytest.param(*example, id=f"line {example[0]}") for example in _examples()]
)
def test_example(line: int, text: str, fragment: bool, keys: str | None) -> None:
    report = Report()
    source = Source(f"language.md+{line}.res", text)
    if fragment:
        parse(source, report)
        assert [d.message for d in report] == []
        return

    program = load_program(source, report)
    check(program, report)
    assert [f"{d.span}: {d.message}" for d in report] == []
    if keys is not None:
        (model,) = program.models
        graph = build(program, model, report)
        assert graph is not None
        assert [key for key, _, _ in graph.weights()] == keys.split()


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=f"line {line}") for line, text, fragment, _ in _examples() if not fragment]
)
def test_example_runs(text: str, tmp_path: Path) -> None:
    """Every model of the page runs forward and backward, with the keys and shapes that its graph has."""
    torch.manual_seed(0)
    spec = tmp_path / "example.res"
    spec.write_text(text, encoding="utf-8")
    program = load_program(Source(str(spec), text), Report())
    for name in (name for name, info in program.models.items() if info.buildable):
        net = resdsl.load(spec, name)
        module = net.module()
        assert sorted(module.state_dict()) == sorted(key for key, _, _ in net.ir.weights())

        x = [torch.randn(2, *net.ir.node(node).shape.full) for node in net.ir.inputs]
        sum(y.square().sum() for y in _values(module.train()(*x))).backward()
        shapes = [net.ir.node(output.node).shape.full for output in net.ir.outputs]
        assert [tuple(y.shape[1:]) for y in _values(module.eval()(*x))] == shapes


def _values(output: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return output if isinstance(output, tuple) else (output,)
