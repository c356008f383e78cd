"""What the text of a graph looks like: one construct a case, as a person would write it."""

from __future__ import annotations

import pytest

from resdsl.api import load
from resdsl.backends.res import to_res
from resdsl.diagnostics import CompileError
from tests.unit.res_backend._same import assert_same, elaborated


def text_of(source: str) -> str:
    """The text of the model `m`, which elaborates to the same graph."""
    graph = elaborated(source, "m")
    text = to_res(graph)
    assert_same(graph, text)
    return text


def body(source: str) -> list[str]:
    """The lines of the model `m { input 4x8x8 ... }`, the input left out."""
    text = text_of(f"model m {{ input 4x8x8; {source} }}")
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines[lines.index("model m {") + 2 : -1] if line]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("conv(3, 4, bias=0); conv(3, 4)", ["conv(3, 4, bias=0)", "conv(3, 4)"]),
        ("conv([3, 1], 4) -> bn(eps=0.001)", ["conv(3x1, 4) -> bn(eps=1e-3)"]),
        ("conv(3, 4, pad=[[0, 1], [1, 1]])", ["conv(3, 4, pad=[[0, 1], [1, 1]])"]),
        ("scale(1 / 3) -> scale(-0.25)", ["scale(1 / 3) -> scale(-0.25)"]),
        ("upsample(2, mode=bilinear)", ["upsample(2, mode=bilinear)"]),
        ("dropout", ["dropout(0.5)"]),
        ("conv(1, 4, init=normal(0.01))", ["conv(1, 4, init=normal(0.01))"]),
        ("dense { conv(3, 4) }", ["dense { conv(3, 4) }"]),
        ("mul { | {} | sigmoid }", ["keep a", "mul { | from a | sigmoid }"]),
        ("add { 3 x { | conv(1, 4) } }", ["add { 3 x { | conv(1, 4) } }"]),
        ("3 x { conv(3, 4) -> relu }", ["3 x { conv(3, 4) -> relu }"]),
        ("3 x conv(3, 8 then 4)", ["3 x conv(3, 8 then 4)"]),
        ("residual { bn } shortcut { relu }", ["residual { bn } shortcut { relu }"]),
        ("residual { bn } shortcut conv(1, 4)", ["residual { bn } shortcut conv(1, 4)"]),
        ("residual { bn } shortcut skip: relu", ["residual { bn } shortcut relu"]),
        ("residual { bn } shortcut skip: conv(1, 4)", ["residual { bn } shortcut skip: conv(1, 4)"]),
        ("residual { bn } shortcut none", ["bn"]),
        ("residual { bn } gate { sigmoid } carry { tanh }", ["residual { bn } gate { sigmoid } carry { tanh }"]),
        ("residual { bn } survival 0.9 per sample", ["residual { bn } survival 0.9 per sample"]),
        ("stage s: { relu -> bn }", ["stage s: { relu -> bn }"]),
        ("region r: { relu -> bn }", ["region r: { relu -> bn }"]),
        ("x[]: conv(1, 4)", ["x[]: conv(1, 4)"]),
        ('"a.b": bn; "a.c": bn', ['"a.b": bn -> "a.c": bn']),
        ('"class": bn; "a b": bn; "{{": bn', ['class: bn -> "a b": bn -> "{{": bn']),
        ("l[]: { relu; [5]: conv(1, 4); relu }", ["l[]: { relu -> [5]: conv(1, 4) -> relu }"]),
        ("aux (0.3) h: conv(1, 2); relu", ["aux (0.3) h: conv(1, 2)", "relu"]),
        ("shared s: conv(1, 4); s -> relu -> s", ["shared s: conv(1, 4)", "s -> relu -> s"]),
        ("keep a; bn -> keep b; output b, a", ["keep a -> bn -> keep b", "output b, a"]),
    ],
)  # fmt: skip
def test_construct(source: str, lines: list[str]) -> None:
    assert body(source) == lines


def test_a_name_that_nobody_gave_need_not_come_back() -> None:
    """Keys stay, and labels; an activation is called by its place again."""
    assert body("relu5: relu; conv1: conv(1, 4); conv3: conv(1, 4); act: relu") == [
        "relu -> conv(1, 4)",
        "conv3: conv(1, 4)",
        "act: relu",
    ]


def test_executions_become_parameters() -> None:
    text = text_of("""
        block unit(w, s) { conv(3, w, stride=s) -> bn -> relu; conv(1, 4 * w) }
        model m { input 3x32x32; unit(8, 1); unit(16, 2); unit(16, 1) }
    """)
    assert "block unit(width, stride = 1) {" in text
    assert "conv(1, width * 4)" in text
    assert "unit(8)" in text
    assert "2 x unit(16, stride = 2 then 1)" in text


def test_what_is_done_once_stands_where_it_is_done() -> None:
    assert body("conv(3, 4)") == ["conv(3, 4)"]
    text = text_of("block stem { conv(3, 4) -> bn }\nmodel m { input 3x8x8; stem }")
    assert "block" not in text
    assert "stem1: { conv(3, 4) -> bn }" in text


def test_shortcuts_by_their_condition() -> None:
    text = text_of("""
        use std: basic, pad
        model m { input 4x8x8; basic(4, skip=pad); basic(8, stride=2, skip=pad); basic(8, stride=2, skip=pad) }
    """)
    assert "if out.stride != 1 { avgpool(1, stride=stride) }" in text
    assert "if in.channels != out.channels { pad_channels(width) }" in text


def test_a_shortcut_that_nothing_explains_has_a_flag() -> None:
    text = text_of("""
        block unit(skip) { residual { conv(3, 4) } shortcut skip }
        block match { conv(1, 4) -> bn }
        model m { input 4x8x8; unit(identity); unit(match); unit(identity) }
    """)
    assert "block unit(project = false)" in text
    assert "if project {" in text


def test_an_operator_as_shortcut_has_its_name_and_no_condition() -> None:
    text = text_of("""
        block unit(skip) { residual { conv(3, 4) } shortcut skip }
        model m { input 4x8x8; unit(identity); unit(conv(1, 4)); unit(identity); unit(conv(1, 4)) }
    """)
    assert "shortcut conv(1, 4)" in text
    assert "if" not in text


def test_values_from_elsewhere_are_arguments() -> None:
    text = text_of("""
        block fuse(other) { conv(1, 4) -> keep own; add { | from own | from other } }
        model m { input 4x8x8; bn -> keep a; relu -> keep b; fuse(a); fuse(b) }
    """)
    assert text.count("block fuse(") == 1
    assert "fuse(a) -> fuse(b)" in text


def test_a_schedule_is_a_statement() -> None:
    text = text_of("""
        block unit { residual { conv(3, 4) } }
        model m { input 4x8x8; survival 1 - l / L * 0.4; stage s: 4 x unit; residual { bn } survival 1 }
    """)
    assert "survival 1 - l / L * 0.4" in text
    assert "residual { bn } survival 1" in text
    assert "stage s: 4 x unit" in text


def test_several_outputs() -> None:
    text = text_of("""
        block halves(w) { conv(3, w) -> keep fine; conv(3, w, stride=2) -> keep coarse; output fine, coarse }
        model m { input 4x8x8; halves(4) -> keep a, b; from b; halves(8) -> keep c, d; output a, c, d }
    """)
    assert "output fine, coarse" in text
    assert "from coarse -> halves(8) -> keep c, d" in text


def test_numbers_in_labels_are_counted() -> None:
    text = text_of("""
        block layer { dense { conv(3, 4) } }
        model m { input 4x8x8; for i in range(5) { "part{i + 2}": layer } }
    """)
    assert "for i in range(2, 7) { part{i}: layer }" in text


def test_a_value_under_several_names() -> None:
    """Inputs too, and values that stand in braces or come from a block with several outputs."""
    text = text_of("""
        block pair { conv(3, 4) -> keep a; conv(3, 4, stride=2) -> keep b; output a, b }
        model m {
          input one: 3x8x8
          input two: 3x8x8
          pair -> keep a, b; from a; keep again
          from two; keep also
          lab: { conv(3, 4); keep p }
          keep q
          output a, b, again, also, p, q, two, one
        }
    """)
    assert "output a, b, again, also, p, q, two, one" in text


def test_then_in_one_execution_alone() -> None:
    text = text_of("""
        block two(s) { 2 x conv(3, 4, stride = s then 1) }
        model m { input 4x64x64; two(1); two(2); 2 x two(2 then 1) }
    """)
    assert "stride = stride then 1" in text


def test_a_condition_holds_for_every_repetition() -> None:
    """What goes in and out of the first of two residuals says nothing of the second."""
    text = text_of("""
        block two(s, f) { 2 x { residual { conv(3, 4, stride = s then 1) } shortcut f } }
        block match[] { conv(1, 4, stride=out.stride) -> bn }
        block nothing {}
        model m { input 4x16x16; two(2, match); two(1, nothing); two(1, nothing) }
    """)
    assert "project" in text
    assert "out.stride" not in text


def test_a_shared_unit_keeps_its_own_clause() -> None:
    text = text_of("""
        model m {
          input 4x8x8
          shared s: residual { conv(3, 4) } survival 0.75
          2 x { residual { conv(1, 4) } survival 0.75 }
          s -> s
        }
    """)
    assert "shared s: residual { conv(3, 4) } survival 0.75" in text
    assert "survival 0.75\n\n" in text


def test_words_and_numbers_as_parameters() -> None:
    text = text_of("""
        block resized(way, place) { upsample(2, mode=way) -> part(place, 2) }
        model m { input 4x4x4; resized("nearest", 0); conv(1, 4); resized("bilinear", 1) }
    """)
    assert 'mode="bilinear"' in text
    assert "upsample(2, mode=mode)" in text


def test_deep_recursion_is_no_deep_nesting() -> None:
    graph = elaborated("block t(n) { conv(1, 4 + n); if n > 0 { t(n - 1) } }\nmodel m { input 4x2x2; t(120) }", "m")
    text = to_res(graph)
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) < 100
    assert_same(graph, text)


@pytest.mark.parametrize(
    ("step", "note"),
    [
        ("conv(3, 4) -> avgpool(to=size)", "it has `avgpool(to=8)` there, and `avgpool(to=4)` here"),
        ("conv(3, 4); if size == 8 { relu }", "it is 2 steps there, and 1 here"),
    ],
)
def test_a_shared_step_that_differs_in_its_uses_has_no_text(step: str, note: str) -> None:
    source = f"model m {{ input 4x8x8; shared s: {{ {step} }}; s -> maxpool(2) -> s }}"
    with pytest.raises(CompileError) as raised:
        to_res(elaborated(source, "m"))
    (found,) = raised.value.diagnostics
    assert (found.code, found.notes) == ("E601", (note,))
    assert found.message == "no text can be made of the shared step `s`, for this use of it differs from the first"
    first, second = found.secondary[0].span, found.span
    assert (first.start, second.start) == (source.index("s -> max"), source.rindex("s }"))


@pytest.mark.parametrize(
    "source",
    [
        "shared c: concat { | {} | conv(1, 4) }; keep a -> c -> conv(1, 4) -> c",
        "shared c: { keep e -> conv(1, 4) -> keep r; concat { | from e | from r } -> conv(1, 4) }; c -> c",
        "shared c: { bn -> keep a; mul { | from a | from a } }; c -> relu -> keep b -> c; mul { | {} | from b }",
    ],
)
def test_what_a_shared_step_is_given_is_another_value_in_each_use(source: str) -> None:
    text_of(f"model m {{ input 4x8x8; {source} }}")


def test_of_an_architecture() -> None:
    text = load("resnet50").text()
    assert text.startswith("# He, Zhang, Ren, Sun: Deep Residual Learning")
    assert len(text.splitlines()) == len(load("resnet152").text().splitlines()) < 60
