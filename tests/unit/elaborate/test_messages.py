"""What is said of names and values that do not fit, beyond the code and the place."""

from __future__ import annotations

import pytest

from resdsl.diagnostics import Report
from resdsl.elaborate import check, load_program
from resdsl.source import Source


def faults(body: str) -> str:
    report = Report()
    check(load_program(Source("test.res", f"model net {{\n  input 3x8x8\n  {body}\n}}\n"), report), report)
    return "\n".join(f"{fault.message} | {fault.help}" for fault in report)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("bottleneck(16)", "there is no `bottleneck` here | the library has it: `use std: bottleneck`"),
        ("residual { relu } shortcut project", "`use std: project`"),
        ("conv(3, 16, bias=True)", "did you mean `true`?"),
        ("conv(kernel_size=3, out_channels=16)", "conv has no argument `kernel_size` | did you mean `k`?"),
        ("conv(3, 16, padding=1)", "did you mean `pad`?"),
        ('conv("3", 16)', 'not "3"'),
        ("relu | relu", "`|` begins a branch, and this is no merge | `->` joins steps"),
    ],
)
def test_a_common_mistake_is_told_its_repair(body: str, said: str) -> None:
    assert said in faults(body)


def test_a_computed_name_fits_what_is_written_of_it() -> None:
    kept = "for i in range(3) { relu -> keep y{i}of{i}z }\n  "
    assert "there is no" not in faults(f"{kept}from y1of1z")
    assert "there is no kept value `y1of1` here" in faults(f"{kept}from y1of1")
    assert "there is no kept value `of1z` here" in faults(f"{kept}from of1z")
