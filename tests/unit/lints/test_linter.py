"""What is looked at and when: errors, imports, the library, one model, arguments, comments that allow."""

from __future__ import annotations

from pathlib import Path

from resdsl.api import inspect
from resdsl.diagnostics import Diagnostic, Report
from resdsl.elaborate import build, load_program
from resdsl.lints import Linter
from resdsl.source import Source
from resdsl.specs import Spec, input_size
from resdsl.syntax.format import format_source

BIASED = "conv(3, 8, bias=true) -> bn"


def lint(text: str, model: str | None = None, size: str | None = None, **given: object) -> list[str]:
    """Line and code of each diagnostic of a text."""
    spec = Spec(Path("net.res"), model)
    report = inspect(spec, source=Source("net.res", text), arguments=given, size=input_size(size)).report
    return told(report.sorted())


def told(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{d.span.source.name}:{d.span.line} {d.code}" for d in found]


def test_a_text_with_errors_gets_no_warnings() -> None:
    assert lint(f"let a = 1\nmodel net {{ input 3x8x8; {BIASED} }}") == ["net.res:1 W503", "net.res:2 W510"]
    assert lint(f"let a = 1\nmodel net {{ input 3x8x8; {BIASED} -> conv(2, 8) }}") == ["net.res:2 E306"]
    assert lint(f"let a = 1\nmodel net {{ input 3x8x8; {BIASED} }}\nmodel other {{ input 3x8x8; rel }}") == [
        "net.res:3 E101"
    ]


def test_lints_can_be_left_out() -> None:
    source = Source("net.res", "let a = 1\nmodel net { input 3x8x8; relu }")
    assert told(inspect(Spec(Path("net.res"), None), source=source, lints=False).report.sorted()) == []


def test_one_model_is_looked_at_alone() -> None:
    text = (
        f"model one {{ input 3x8x8; {BIASED} }}\n"
        f"model two {{ input 3x8x8; {BIASED} }}\n"
        "model three { input 3x8x8; relu }  # allow W510: not for the others to judge\n"
    )
    assert lint(text) == ["net.res:1 W510", "net.res:2 W510", "net.res:3 W531"]
    assert lint(text, "two") == ["net.res:2 W510"]


def test_a_model_without_values_leaves_comments_alone_that_it_may_need() -> None:
    text = "model net(norm) {\n  input 3x8x8\n  conv(3, 8, bias=true) -> norm  # allow W510: as published\n}\n"
    assert lint(text) == []
    assert lint(text.replace("norm)", "norm = relu)")) == ["net.res:3 W531"]
    assert lint(text + "model of_relu = net(relu)\n") == ["net.res:3 W531"]
    assert lint(text + "model of_bn = net(bn)\n") == []


def test_a_file_of_blocks_leaves_them_alone_too() -> None:
    assert lint(f"block unit {{\n  {BIASED}  # allow W510: as published\n}}\n") == []
    assert lint("block unit {\n  relu  # allow W505: nothing is imported\n}\n") == ["net.res:2 W531"]


def test_arguments_and_sizes_are_those_that_were_given() -> None:
    text = "model net(k) { input 3x32x32; maxpool(k) -> conv(1, 8) }"
    assert lint(text) == []
    assert lint(text, k=3) == ["net.res:1 W515"]
    assert lint(text, size="3x33x33", k=3) == []
    (warning,) = inspect(Spec(Path("n.res"), None), source=Source("n.res", text), arguments={"k": 3}).report
    assert warning.help == "sides of 30x30 or 33x33 lose nothing"


def test_what_happens_in_the_library_is_told_at_the_call() -> None:
    text = "use std: basic\nmodel net {\n  input 3x8x8\n  default conv(bias=true)\n  basic(8)\n}\n"
    assert lint(text) == ["net.res:4 W510"]
    odd = "block odd { conv(2, 8, pad=[[0, 1], [0, 1]]) }"
    text = f"use std: basic\n{odd}\nmodel net {{\n  input 3x8x8\n  basic(8, skip=none)\n  basic(8, skip=odd)\n}}\n"
    assert lint(text) == ["net.res:6 W514"]


def test_files_of_the_user_are_looked_at_through_the_models_that_import_them(tmp_path: Path) -> None:
    unit = tmp_path / "unit.res"
    net = tmp_path / "net.res"
    net.write_text('use "unit.res": unit\nmodel net { input 3x8x8; unit }\n', encoding="utf-8")

    unit.write_text(f"let spare = 1\nblock unit {{\n  {BIASED}\n}}\n", encoding="utf-8")
    assert told(inspect(Spec(net, None)).report.sorted()) == [f"{unit}:3 W510"]

    unit.write_text(f"block unit {{\n  {BIASED}  # allow W510: as published\n}}\n", encoding="utf-8")
    assert told(inspect(Spec(net, None)).report.sorted()) == []
    assert told(inspect(Spec(unit, None)).report.sorted()) == []


def test_a_linter_takes_what_it_found_before() -> None:
    """An editor looks again only at the models that an edit has changed."""
    source = Source("net.res", f"model one {{ input 3x8x8; {BIASED} }}\nmodel two {{ input 3x8x8; relu }}\n")
    program = load_program(source, Report())
    first = Linter(program)
    found = {}
    for name in program.models:
        graph = build(program, name, Report())
        assert graph is not None
        found[name] = first.look(graph)
    again = Linter(program)
    for name, diagnostics in found.items():
        again.recall(name, diagnostics)
    assert again.finish() == first.finish()
    assert told(again.finish()) == ["net.res:1 W510"]


def test_the_model_is_told_where_there_are_several() -> None:
    report = inspect(
        Spec(Path("n.res"), None),
        source=Source("n.res", f"model one {{ input 3x8x8; relu }}\nmodel two {{ input 3x8x8; {BIASED} }}\n"),
    ).report
    assert [d.notes[-1] for d in report] == ["seen in the model `two`"]


def test_the_formatter_leaves_comments_where_they_allow() -> None:
    text = (
        "use std:  basic  # allow W505: used later\n\n\n"
        "model net(classes=10,   # allow W502: a placeholder\n  p = 1) {  # allow W502: another\n"
        "  input 3x8x8\n"
        "      # allow W510: as published\n"
        "  conv( 3,8, bias=true )->bn ;relu\n"
        "  residual {\n    conv(3,8,bias=true) -> bn   # allow W510: too\n  }\n"
        "}\n"
    )
    assert lint(text) == []
    written = format_source(Source("net.res", text), Report())
    assert written is not None
    assert written != text
    assert lint(written) == []


def test_a_line_goes_on_to_where_its_brackets_close() -> None:
    text = "model net(\n  a = 1,\n  b = 2\n) {\n  input 3x8x8\n  relu\n}\n"
    assert lint(text) == ["net.res:2 W502", "net.res:3 W502"]
    assert lint(text.replace(") {", ") {  # allow W502: both")) == []
    assert lint("# allow W502: both\n" + text) == []
    assert lint(text.replace("1,", "1,  # allow W502: one")) == ["net.res:3 W502"]
    assert lint(text.replace("  b", "  # allow W502: the other\n  b")) == ["net.res:2 W502"]
    assert lint(text.replace("2\n", '2  # allow W502: "(" and ( in words\n')) == ["net.res:2 W502"]


def test_deep_and_long_texts_are_looked_at_too() -> None:
    deep = "{ " * 190 + "relu" + " }" * 190
    assert lint(f"let a = 1\nmodel net {{ input 3x8x8; {deep} }}") == ["net.res:1 W503"]
    assert lint("model net { input 3x8x8; conv(3, 8, bias=true); 5000 x identity; bn }") == ["net.res:1 W510"]
    assert lint("model net { input 3x33x33; 2000 x relu6; maxpool(2) }") == ["net.res:1 W515"]


def test_comments_that_only_speak_of_allowing_are_none() -> None:
    for comment in ("# allows W510: no", "# we allow W510: no", "# allow this", "# allow: W510", "#allow"):
        text = f"model net {{\n  input 3x8x8\n  {BIASED}  {comment}\n}}\n"
        found = lint(text)
        assert found == (["net.res:3 W510"] if comment != "# allow: W510" else ["net.res:3 W530"]), comment
