"""One fault is one report, at its place, in the language's words; what parses is kept."""

from __future__ import annotations

import pytest

from resdsl.diagnostics import Report
from resdsl.diagnostics.codes import CODES
from resdsl.source import Source
from resdsl.syntax import parse
from resdsl.syntax.keywords import KEYWORDS

TEXT = """# header
use std: basic, bottleneck

let widths = [64, 128, 256]

block unit(width, stride = 1)[] {
  require width > 0 else "no width {width}"
  residual {
    conv(3, width, stride=stride) -> bn -> relu
    conv(3, width) -> bn
  } shortcut project
  relu
}

model net(depths, classes = 10) {
  input 3x32x32
  survival 0.5 per batch
  stem: conv(3, 16) -> bn
  for s, n in enumerate(depths) {
    stage layer{s + 1}: n x unit(widths[s], stride = (1 if s == 0 else 2) then 1)
  }
  concat {
    | branch1: conv(1, 8)
    | conv(3, 8)
      relu
  }
  avgpool -> flatten -> fc: linear(classes)
}

model small = net([1, 1]) { expect params ~ 1.5M }
"""

# (what is replaced, by what, the code, the text at the fault)
MUTATIONS = [
    ("use std: basic", "use std basic", "E010", "basic"),
    ("basic, bottleneck", "basic bottleneck", "E010", "bottleneck"),
    ("let widths =", "let widths", "E010", "["),
    ("let widths =", "let widths:", "E017", ":"),
    ("64, 128", "64 128", "E010", "128"),
    ("256]", "256", "E016", None),
    ("block unit", "blok unit", "E010", "blok"),
    ("block unit", "def unit", "E018", "def"),
    ("block unit(", "block (", "E010", "("),
    ("stride = 1)[]", "stride = )[]", "E010", ")"),
    ("stride = 1)[] {", "stride = 1[] {", None, None),
    ("stride = 1)[] {", "stride = 1)[]", "E015", "\n"),
    ("stride = 1)[] {", "stride = 1)[]\n{", "E015", "\n"),
    ("stride = 1)[] {", "stride = 1)[]:", "E018", ":"),
    ('else "no', "else no", "E010", "no"),
    ('{width}"', "{width}", "E006", '"no width {width}'),
    ("{width}", "{width + }", "E010", None),
    ("{width}", "{width", "E019", "{"),
    ("residual {", "residual", "E015", "\n"),
    ("stride=stride) ->", "stride=stride ->", "E016", "->"),
    ("stride=stride) ->", "stride: stride) ->", "E017", ":"),
    ("-> relu\n", "->\n", "E011", "\n"),
    ("-> bn -> relu", ", bn -> relu", "E012", ","),
    ("-> bn -> relu", "-> -> bn -> relu", "E010", "->"),
    ("-> bn -> relu", "=> bn -> relu", None, None),
    ("-> bn -> relu", "bn -> relu", "E010", "bn"),
    ("} shortcut project", "} shortcut", "E010", "\n"),
    ("} shortcut project\n", "} shortcut project }\n", None, None),
    ("  } shortcut project\n", "", "E013", "{"),
    ("  relu\n}\n", "  relu\n", "E013", "{"),
    ("input 3x32x32", "input 3x32x", None, None),
    ("input 3x32x32", "input", "E010", "\n"),
    ("survival 0.5 per batch", "survival per batch", "E010", "per"),
    ("survival 0.5 per batch", "survival 0.5 per", "E010", "\n"),
    ("stem: conv", "stem = conv", "E017", "="),
    ("stem: conv", "stem conv", "E010", "conv"),
    ("stem: conv", "stem: $ conv", "E003", "$"),
    ("stem: conv", "stem: \x07conv", "E004", "\x07"),
    ("stem: conv", "stem: \u202econv", "E005", "\u202e"),
    ("for s, n in enumerate(depths) {", "for s n in enumerate(depths) {", "E010", "n"),
    ("for s, n in enumerate(depths) {", "for s, n enumerate(depths) {", "E010", "enumerate"),
    ("for s, n in enumerate(depths) {", "for s, n in enumerate(depths {", "E016", "{"),
    ("for s, n in enumerate(depths) {", "for s, n in enumerate(depths):", "E018", ":"),
    ("stage layer{s + 1}:", "stage layer{s + 1}", "E010", "n"),
    ("stage layer{s + 1}:", "stage layer{s 1}:", "E010", "1"),
    ("stage layer{s + 1}:", "stage layer{s + 1:", "E010", ":"),
    ("else 2) then", "2) then", "E010", "2"),
    ("| conv(3, 8)", "| | conv(3, 8)", "E010", None),
    ("| conv(3, 8)", "|", None, None),
    ("concat {", "concat", "E015", None),
    ("      relu\n  }", "      relu\n", "E013", "{"),
    ("fc: linear(classes)\n}", "fc: linear(classes)\n}\n}", "E014", "}"),
    ("fc: linear(classes)", "fc: linear(classes))", "E010", ")"),
    ("fc: linear(classes)", "fc: linear(classes]", "E010", "]"),
    ("~ 1.5M", "~ x", "E010", "x"),
    ("expect params ~ 1.5M", "expect params = 3", "E017", "="),
    ("model small =", "model small", "E010", "net"),
]


def report_of(text: str) -> Report:
    report = Report()
    parse(Source("t.res", text), report)
    return report


def test_the_text_itself_is_fine() -> None:
    assert list(report_of(TEXT)) == []


@pytest.mark.parametrize(("old", "new", "code", "found"), MUTATIONS, ids=[f"{a}=>{b}" for a, b, *_ in MUTATIONS])
def test_one_fault_is_one_report(old: str, new: str, code: str | None, found: str | None) -> None:
    assert old in TEXT
    faults = list(report_of(TEXT.replace(old, new, 1)))
    if code is None:
        assert len(faults) <= 1
        return
    assert [fault.code for fault in faults] == [code], [(str(f.span), f.message) for f in faults]
    if found is not None:
        assert faults[0].span.text == found


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{a}=>{b}" for a, b, *_ in MUTATIONS])
def test_messages_have_no_grammar_names_and_known_codes(mutation: tuple[str, str, str | None, str | None]) -> None:
    for fault in report_of(TEXT.replace(mutation[0], mutation[1], 1)):
        assert fault.code in CODES
        words = {word.strip("`,.()") for word in fault.message.split()}
        assert not words & ({word.upper() for word in KEYWORDS} | {"_NL", "NAME", "NUMBER", "RPAR", "$END"})


def test_three_faults_are_three_reports_and_the_rest_is_kept() -> None:
    text = TEXT.replace("64, 128", "64 128").replace("shortcut project", "shortcut").replace("~ 1.5M", "~ x")
    report = Report()
    file = parse(Source("t.res", text), report)
    assert [(fault.code, fault.span.line) for fault in report] == [("E010", 4), ("E010", 11), ("E010", 30)]
    assert [type(item).__name__ for item in file.items] == ["Use", "Model"]
    assert file.faulty_names == {"widths", "unit", "small"}


def test_two_faults_in_one_block_are_two_reports() -> None:
    text = TEXT.replace("stem: conv(3, 16)", "stem = conv(3, 16)").replace("for s, n", "for s n")
    text = text.replace("layer{s + 1}:", "layer{s + 1}")
    assert [fault.span.line for fault in report_of(text)] == [18, 19, 20]


def test_names_of_faulty_definitions_are_known() -> None:
    for old, new, name in [("unit(width,", "unit(width;", "unit"), ("net(depths,", "net(depths]", "net")]:
        file = parse(Source("t.res", TEXT.replace(old, new, 1)), Report())
        assert name in file.faulty_names


@pytest.mark.parametrize(
    "line",
    [
        "if true { relu } elif false { relu } else { relu }",
        "if true { relu } other",
        "if true {\n relu\n } elif false {\n relu\n } else { relu }",
        "residual { relu } other { relu }",
        "stage a: { relu } other",
    ],
)
def test_what_follows_a_closed_brace_costs_its_statement_alone(line: str) -> None:
    report = Report()
    parse(Source("test.res", f"model net {{\n  input 3x8x8\n  {line}\n  relu\n}}\nblock a {{ relu }} b\n"), report)
    assert {fault.code for fault in report} <= {"E010", "E018"}
    assert len(report) == 2


@pytest.mark.parametrize(
    ("line", "help_"),
    [
        ("if true { relu } elif false { relu }", "`else if`"),
        ("return relu", "the last step"),
        ("conv(3, 2 ** 4)", "`^`"),
        ("relu \u2192 relu", "`->`"),
        ("if true && true { relu }", "`and`"),
        ("3 * conv(3, 16)", "`n x step`"),
    ],
)
def test_what_other_languages_write_is_known(line: str, help_: str) -> None:
    report = Report()
    parse(Source("test.res", f"model net {{\n  {line}\n}}\n"), report)
    assert help_ in str([fault.help for fault in report])


@pytest.mark.parametrize(
    ("line", "help_"), [("modle net { relu }", "`model`"), ("// a net", "`#`"), ("import x", "`use")]
)
def test_what_begins_no_definition(line: str, help_: str) -> None:
    report = Report()
    parse(Source("test.res", f"{line}\n"), report)
    assert help_ in str([fault.help for fault in report])
