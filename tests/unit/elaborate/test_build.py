"""Models, variants, arguments from outside, and what graphs say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from resdsl.diagnostics import CompileError, Report
from resdsl.elaborate import check, load_program
from resdsl.elaborate.reserved import MODULE_NAMES
from resdsl.graph import Graph, ScopeKind
from resdsl.source import Source

VARIANTS = """
model base(width, scale_by = 1) { input 3x8x8; conv(1, width * scale_by); expect params > 1 }
model small = base(4) { expect params == 12 }
"""


def test_models_are_described() -> None:
    report = Report()
    program = load_program(Source("test.res", "# Title.\n" + VARIANTS), report)
    assert not report.failed
    assert list(program.models) == ["base", "small"]
    base, small = program.models.values()
    assert (base.params, base.buildable) == ((("width", False), ("scale_by", True)), False)
    assert (small.params, small.buildable) == ((("width", True), ("scale_by", True)), True)
    assert small.header == "Title."


def test_arguments_win_over_a_variants(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of(VARIANTS, "small", arguments={"width": 6, "scale_by": 1.5})
    assert str(graph.node(1).shape) == "9x8x8"
    with pytest.raises(CompileError, match="no parameter `widht`"):
        graph_of(VARIANTS, "small", arguments={"widht": 6})
    with pytest.raises(CompileError, match="needs its argument `width`"):
        graph_of(VARIANTS, "base")


def test_another_input_size(graph_of: Callable[..., Graph]) -> None:
    assert str(graph_of(VARIANTS, "small", input_size=(3, 5, 7)).node(1).shape) == "4x5x7"
    with pytest.raises(CompileError, match="2 inputs"):
        graph_of("model net { input a: 3; input b: 3; concat { | identity | from b } }", input_size=(4,))


def test_expectations_are_of_the_net_as_written(graph_of: Callable[..., Graph]) -> None:
    with pytest.raises(CompileError, match=r"params is 12, and 13 is expected(.|\n)*conv1 12"):
        graph_of(VARIANTS.replace("== 12", "== 13"), "small")
    graph_of(VARIANTS.replace("== 12", "== 13"), "small", arguments={"width": 4})


@pytest.mark.parametrize(
    ("stated", "holds"),
    [("12", True), ("0.01K", True), ("0.02K", False), ("1.2e1", True), ("13", False), ("10", False)],
)
def test_printed_precision(stated: str, holds: bool, graph_of: Callable[..., Graph]) -> None:
    text = f"model net {{ input 3x8x8; conv(1, 4); expect params ~ {stated} }}"
    if holds:
        graph_of(text)
        return
    with pytest.raises(CompileError, match="is expected"):
        graph_of(text)


def test_traces_lead_through_blocks() -> None:
    text = (
        "block inner(w) { residual { conv(3, w) } }\nblock outer(w) { inner(w) }\n"
        "model net { input 4x8x8; stage layer1: 2 x outer(8) }"
    )
    report = Report()
    check(load_program(Source("test.res", text), report), report)
    (diagnostic,) = report
    assert [(f.message, f.span.line) for f in diagnostic.trace] == [
        ("in layer1.0.inner1, from inner(w=8)", 2),
        ("in layer1.0, from outer(w=8)", 3),
    ]
    assert [label.message for label in diagnostic.secondary] == ["the branch has 8 channels from here on"]
    assert diagnostic.primary.message == "the value before is 4x8x8"


def test_scopes_know_their_arguments(graph_of: Callable[..., Graph]) -> None:
    text = (
        "block unit(width, norm = bn, k = 3x3, p = 0.5) { let inner = width / 2; conv(k, inner) -> norm }\n"
        "model net { input 4x8x8; unit(8) }"
    )
    (block,) = (s for s in graph_of(text).root.walk() if s.kind is ScopeKind.BLOCK)
    assert list(block.arguments.items()) == [("width", 8), ("k", (3, 3)), ("p", Fraction(1, 2)), ("inner", 4)]


def test_scopes_that_begin_with_from_have_no_input(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of("model net { input 4x8x8; relu -> keep a; tanh; concat { | relu | from a -> tanh } }")
    merge, first, second = (s for s in graph.root.walk() if s.kind in (ScopeKind.MERGE, ScopeKind.BRANCH))
    assert (merge.inputs, first.inputs, second.inputs) == ([2], [2], [])
    assert (first.outputs, second.outputs, merge.outputs) == ([3], [4], [5])


def test_an_empty_shortcut_has_no_items(graph_of: Callable[..., Graph]) -> None:
    text = (
        "block nothing[] { if in.channels > 100 { conv(1, 4) } }\n"
        "model net { input 4x8x8; residual { relu } shortcut nothing }"
    )
    (shortcut,) = (s for s in graph_of(text).root.walk() if s.kind is ScopeKind.SHORTCUT)
    assert (shortcut.items, shortcut.inputs, shortcut.outputs) == ([], [0], [0])


def test_a_shared_step_is_below_its_declaration(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of("model net { input 4x8x8; shared s: conv(3, 4); a: { s }; b: { s } }")
    first, second = (s for s in graph.root.walk() if s.kind is ScopeKind.SHARED)
    assert first.home is graph.root
    assert second.alias_of is first
    assert [n.path for n in graph.nodes()][1:] == ["s", "s"]
    assert graph.node(2).alias_of == 1


def test_an_empty_file_is_an_error_and_one_of_blocks_is_not() -> None:
    for text, codes in (("# nothing\n", ["E109"]), ("block unit { relu }", []), ("let a = 3", [])):
        report = Report()
        check(load_program(Source("test.res", text), report), report)
        assert [d.code for d in report] == codes


def test_names_that_modules_have_are_those_of_torch() -> None:
    nn = pytest.importorskip("torch.nn")
    names = {name for name in dir(nn.Module()) if not name.startswith("___")}  # what torch.compile leaves on the class
    assert names <= MODULE_NAMES


def test_output_escapes_a_branch_that_may_be_dropped(codes_of: Callable[..., list[tuple[str, int, int]]]) -> None:
    text = "model net { input 3x8x8; residual { conv(3, 3) -> keep a; output a } survival 0.5 }"
    assert [code for code, _, _ in codes_of(text)] == ["E409"]
