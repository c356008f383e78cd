"""What the text means as a tree, with exact places."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from resdsl.diagnostics import Report, Severity
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.syntax import parse, parse_expression, tree

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.res"))


def parsed(text: str) -> tree.File:
    report = Report()
    file = parse(Source("t.res", text), report)
    assert [(str(f.span), f.message) for f in report] == []
    return file


def body(text: str) -> tuple[tree.Stmt, ...]:
    item = parsed(f"block b {{\n{text}\n}}").items[0]
    assert isinstance(item, tree.Block)
    return item.body.stmts


def unit(text: str) -> Any:
    (flow,) = body(text)
    assert isinstance(flow, tree.Flow)
    (step,) = flow.steps
    return step.unit


def label(text: str) -> tree.Label:
    (flow,) = body(text)
    assert isinstance(flow, tree.Flow)
    found = flow.steps[0].label
    assert found is not None
    return found


def expression(text: str) -> Any:
    report = Report()
    value = parse_expression(Source("e", text), report)
    assert list(report) == []
    return value


def nodes(value: object) -> Iterator[tree.Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif isinstance(value, tree.Node):
        yield value
        for field in type(value).__match_args__:
            yield from nodes(getattr(value, field))


def shape(value: object) -> object:
    """An expression as nested text, for comparison."""
    match value:
        case tree.Number() | tree.Bool():
            return value.value
        case tree.Name():
            return value.name
        case tree.Binary():
            return (value.op, shape(value.left), shape(value.right))
        case tree.Unary():
            return (value.op, shape(value.operand))
        case tree.Choose():
            return ("if", shape(value.condition), shape(value.then), shape(value.otherwise))
        case tree.Apply():
            return ("call", shape(value.callee), *(shape(arg.value) for arg in value.args))
        case tree.Item():
            return ("item", shape(value.value), shape(value.index))
        case tree.Field():
            return (".", shape(value.value), value.name.name)
        case tree.ListExpr():
            return [shape(item) for item in value.items]
        case tree.SizeLit():
            return value.values
    raise AssertionError(value)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_construct_of_the_language_parses(path: Path) -> None:
    file = parsed(path.read_text(encoding="utf-8"))
    assert len(file.items) == {"everything": 9, "fragments": 9, "resnet": 9}[path.stem]
    assert not file.faulty_names


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_children_lie_within_their_parents(path: Path) -> None:
    for node in nodes(parsed(path.read_text(encoding="utf-8")).items):
        assert node.span.start < node.span.end
        for field in type(node).__match_args__:
            for child in nodes(getattr(node, field)):
                assert node.span.start <= child.span.start
                assert child.span.end <= node.span.end


def test_names_stand_where_they_are_written() -> None:
    text = SAMPLES[0].read_text(encoding="utf-8")
    for node in nodes(parsed(text).items):
        if isinstance(node, tree.Ident | tree.Name):
            assert node.span.text == node.name
        if isinstance(node, tree.Number):
            assert node.span.text == node.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 ^ 2", ("+", 1, ("*", 2, ("^", 3, 2)))),
        ("-2 ^ 2", ("-", ("^", 2, 2))),
        ("2 ^ -1", ("^", 2, ("-", 1))),
        ("2 ^ 3 ^ 2", ("^", 2, ("^", 3, 2))),
        ("1 - 2 - 3", ("-", ("-", 1, 2), 3)),
        ("a or b and not c == 1", ("or", "a", ("and", "b", ("not", ("==", "c", 1))))),
        ("a if b else c if d else e", ("if", "b", "a", ("if", "d", "c", "e"))),
        ("(1 + 2) * 3", ("*", ("+", 1, 2), 3)),
        ("in.channels // out.size[0]", ("//", (".", "in", "channels"), ("item", (".", "out", "size"), 0))),
        ("f(1)(2)[3].a", (".", ("item", ("call", ("call", "f", 1), 2), 3), "a")),
        ("[1, [true,],]", [1, [True]]),
        ("3x224x224", (3, 224, 224)),
        ("0.17", Fraction(17, 100)),
        ("3.8G", 3_800_000_000),
        ("11_689_512", 11_689_512),
        ("1e-5", Fraction(1, 100_000)),
        ("(1\n + 2)", ("+", 1, 2)),
    ],
)
def test_expressions(text: str, expected: object) -> None:
    assert shape(expression(text)) == expected


def test_strings_have_holes_with_places() -> None:
    value = expression('"a{{b}} {width + 1}!"')
    assert isinstance(value, tree.Text)
    first, hole, last = value.parts
    assert (first, last) == ("a{b} ", "!")
    assert isinstance(hole, tree.Binary)
    assert hole.span.text == "width + 1"


def test_labels() -> None:
    plain = label("layer{s + 1}x: relu")
    assert plain.name is not None
    assert [part if isinstance(part, str) else part.span.text for part in plain.name.parts] == ["layer", "s + 1", "x"]
    assert (plain.numbered, plain.quoted, plain.number) == (False, False, None)
    assert label("features[]: { relu }").numbered
    assert label("[]: relu").name is None
    assert shape(label("[i]: relu").number) == "i"
    assert (label("[][]: { relu }").numbered, label("[][]: { relu }").name) == (True, None)
    assert label('"convs.{i}": relu').quoted
    for keyword in ("input", "gate", "stage", "if", "add"):
        name = label(f"{keyword}: relu").name
        assert name is not None
        assert name.parts == (keyword,)
    hole = label("stage{i}: relu").name
    assert hole is not None
    assert hole.parts[0] == "stage"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("18 x basic(32, stride = 2 then 1)", 18),
        ("n x unit(3)", "n"),
        ("(depth - 2) / 6 x basic(w)", ("/", ("-", "depth", 2), 6)),
        ("2 * n x { relu }", ("*", 2, "n")),
        ("2 x x(3)", 2),
        ("x x x", "x"),
    ],
)
def test_repeats(text: str, count: object) -> None:
    found = unit(text)
    assert isinstance(found, tree.Repeat)
    assert shape(found.count) == count


def test_x_is_a_plain_name_elsewhere() -> None:
    assert isinstance(unit("x(3)"), tree.Call)
    assert isinstance(unit("aux (0.3) x: head"), tree.Aux)
    assert isinstance(unit("aux (0.3) x{i}: head"), tree.Aux)
    (let,) = body("let y = x")
    assert isinstance(let, tree.Let)


def test_calls_know_whether_brackets_stand() -> None:
    assert unit("relu").args is None
    assert unit("relu()").args == ()


def test_continuations_newlines_and_semicolons() -> None:
    (flow,) = body("conv(3,\n 8)\n\n  # a comment\n  -> bn\n  -> relu")
    assert isinstance(flow, tree.Flow)
    assert len(flow.steps) == 3
    assert len(body("relu; bn;\n gelu")) == 3
    found = unit("residual { relu }\nshortcut skip\ngate { sigmoid }\ncarry { relu } survival 0.5 per sample")
    assert isinstance(found, tree.Residual)
    assert found.shortcut is not None
    assert found.gate is not None
    assert found.carry is not None
    assert found.survival is not None
    assert found.survival.per is not None
    assert len(body("residual { relu }\nsurvival 0.5")) == 2
    (choice,) = body("if a { relu }\nelse if b { bn }\nelse { gelu }")
    assert isinstance(choice, tree.If)
    assert isinstance(choice.otherwise, tree.If)


def test_branches() -> None:
    found = unit("concat { | relu | bn -> gelu\n silu\n | 2 x relu }")
    assert isinstance(found, tree.Merge)
    assert [stmt.branch for stmt in found.body.stmts if isinstance(stmt, tree.Flow)] == [True, True, False, True]


def test_windows_newlines_mean_the_same() -> None:
    text = SAMPLES[0].read_text(encoding="utf-8")
    assert len(parsed(text.replace("\n", "\r\n")).items) == len(parsed(text).items)


def test_comments_are_kept() -> None:
    file = parsed("# one\n#two\n\nblock b { relu } # three\n")
    assert [comment.text for comment in file.comments] == ["one", "two", "three"]
    assert file.header == "one\ntwo"


def test_bidirectional_controls_in_comments_are_a_warning() -> None:
    report = Report()
    parse(Source("t", "# a\u202eb\nblock b { relu }\n"), report)
    assert [(fault.code, fault.severity) for fault in report] == [("W501", Severity.WARNING)]


@pytest.mark.parametrize(
    "text",
    [
        "let a = " + "(" * 50_000 + "1" + ")" * 50_000,
        "let a = " + "-" * 50_000 + "1",
        "let a = 1" + "^1" * 50_000,
        "let a = 1" + "+1" * 50_000,
        "block b " + "{" * 50_000 + "}" * 50_000,
        "block b {" + "stage a: " * 50_000 + "relu }",
        "block b {" + "if a { relu } else " * 10_000 + "{ relu } }",
    ],
    ids=["brackets", "signs", "powers", "sums", "braces", "stages", "elses"],
)
def test_depth_is_limited_and_never_recursed(text: str) -> None:
    report = Report()
    file = parse(Source("t", text), report)
    assert {fault.code for fault in report} == {"E007"}
    assert file.items == ()


def test_numbers_are_limited() -> None:
    for text in ("9" * 5_000, "1e999999999", "1x" + "9" * 5_000, "1e-99999"):
        report = Report()
        parse_expression(Source("e", text), report)
        assert [fault.code for fault in report] == ["E008"]
    assert shape(expression("9" * 1_000)) == int("9" * 1_000)


def test_limits_are_the_caller_s() -> None:
    report = Report()
    parse(Source("t", "let a = ((1))"), report, limits=Limits(nesting=1))
    assert [fault.code for fault in report] == ["E007"]


def test_spans_are_code_points() -> None:
    report = Report()
    parse(Source("t", "# äöü𝔸\nblock b { $ }"), report)
    (fault,) = report
    place = fault.span.source.text.index("$")
    assert fault.span == Span(fault.span.source, place, place + 1)
