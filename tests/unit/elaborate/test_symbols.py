"""What names mean: which definition each place of a name leads to, and which definitions something uses."""

from __future__ import annotations

from resdsl.diagnostics import Report
from resdsl.elaborate.symbols import Index, Kind, Symbol
from resdsl.source import Source
from resdsl.syntax import parse


def index(text: str) -> Index:
    report = Report()
    file = parse(Source("net.res", text), report)
    assert file is not None
    assert not report.failed
    return Index(file)


def meant(found: Index, text: str, *, nth: int = 0) -> Symbol:
    """What the nth place of a name means."""
    offset = -1
    for _ in range(nth + 1):
        offset = found.file.source.text.index(text, offset + 1)
    place = found.at(offset + 1 if len(text) > 1 else offset)
    assert place is not None
    return place.symbol


def test_a_computed_name_is_none_that_something_else_defines() -> None:
    """`keep c{i}` may keep `c1`, and never `conv` or `cell`: those names are taken."""
    found = index("block cell { for i in [1, 2] { conv(3, 8); cell; keep c{i}; from c1 } }")
    assert meant(found, "conv").kind is Kind.OPERATOR
    assert meant(found, "cell", nth=1).kind is Kind.BLOCK
    assert meant(found, "c1").computed


def test_a_name_that_several_keeps_may_compute_uses_each() -> None:
    found = index("model m { input 3x8x8; for i in [1] { keep a{i}; keep a{i}x; keep b{i} }; from a1x }")
    first, second, other = (symbol for _, symbol in found.keeps)
    assert {first, second} <= found.used
    assert other not in found.used


def test_a_recursion_alone_is_no_use() -> None:
    found = index("block b(n) { let f(k) = f(k - n); b(n - 1) }")
    names = {symbol.name: symbol for symbol in (meant(found, "b(n)"), meant(found, "f(k)"))}
    assert not names.keys() & {symbol.name for symbol in found.used}
    assert {symbol.name for symbol in found.used} >= {"n", "k"}


def test_what_is_hidden() -> None:
    found = index("let n = 1\nblock b(n) { let f(n) = n; for k in [n] { let k = f(k); conv(3, k) } }")
    assert [(span.line, span.column, outer.kind) for span, _, outer in found.hidden] == [
        (2, 9, Kind.VALUE),
        (2, 47, Kind.VARIABLE),
    ]
