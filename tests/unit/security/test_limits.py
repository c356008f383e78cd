"""Each limit: the fault names the flag that raises it, and raising it helps."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from resdsl.cli import main
from resdsl.limits import Limits

SELF = "block b(n) { if n > 0 { b(n - 1) } }\n"
NET = "model net {{\n  input 3x8x8\n  {}\n  relu\n}}\n"
LIMITS: dict[str, tuple[str, str, str, str, str]] = {
    # what is limited: flag, too low, enough, code, text
    "bytes of a file": ("file-bytes", "30", "1000", "E021", NET.format("relu")),
    "braces in braces": ("nesting", "3", "9", "E007", NET.format("{ { { { relu } } } }")),
    "brackets in brackets": ("nesting", "3", "9", "E007", "let a = ((((1))))\n"),
    "lists in lists": ("nesting", "6", "20", "E206", "let f(n, a) = a if n == 0 else f(n - 1, [a])\nlet b = f(9, 1)\n"),
    "blocks in themselves": ("recursion", "5", "20", "E219", SELF + NET.format("b(9)")),
    "functions in themselves": ("recursion", "5", "20", "E219", "let f(n) = 0 if n == 0 else f(n - 1)\nlet a = f(9)\n"),
    "nodes": ("items", "30", "200", "E413", NET.format("50 x { relu -> relu }")),
    "repetitions": ("items", "30", "90", "E413", NET.format("50 x { }")),
    "items of a list": ("items", "30", "200", "E206", "let a = range(50)\n"),
    "items of a sum of lists": ("items", "30", "200", "E206", "let a = range(20) + range(20)\n"),
    "characters of a string": ("items", "30", "200", "E206", 'let a = "0123456789"\nlet b = "{a}{a}{a}{a}"\n'),
    "words": ("items", "30", "900", "E021", NET.format("relu -> " * 30 + "relu")),
    "bits of a number": ("bits", "20", "99", "E205", "let a = 2 ^ 30\n"),
    "bits of a denominator": ("bits", "20", "99", "E205", "let a = 1 / 2 ^ 10 / 2 ^ 15\n"),
    "digits": ("bits", "20", "99", "E008", "let a = 123_456_789_012\n"),
    "time to elaborate": ("seconds", "0.01", "9", "E220", NET.format("for i in range(3000) { { } }")),
    "time to read": ("seconds", "0.001", "9", "E220", NET.format("relu -> " * 600 + "relu")),
}


@pytest.mark.parametrize(("flag", "low", "enough", "code", "text"), LIMITS.values(), ids=LIMITS)
def test_a_fault_names_the_flag_that_raises_the_limit(
    flag: str, low: str, enough: str, code: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.res"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path), f"--max-{flag}", low, "--format", "full"]) == 1
    said = capsys.readouterr().err
    assert f"error[{code}]" in said, said
    assert f"--max-{flag} raises the limit" in said, said
    assert main(["check", str(path), f"--max-{flag}", enough]) == 0, capsys.readouterr().err


def test_every_limit_is_here_and_in_the_reference() -> None:
    flags = {limit.name.replace("_", "-") for limit in fields(Limits)}
    assert {case[0] for case in LIMITS.values()} == flags
    page = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
    rows = {flag: value for value, flag in re.findall(r"\| ([\d,.]+) \| `--max-([\w-]+)` \|", page)}
    assert rows == {limit.name.replace("_", "-"): f"{limit.default:,}".removesuffix(".0") for limit in fields(Limits)}
