"""Results as JSON, as tables and as a plot: nothing is said that the times do not say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from resdsl.runtime.bench import Case, Results, case_table, means_table, speeds, tables
from resdsl.tables import shown
from tests.unit.bench._made import case, entry, results

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))
KEPT = sorted((Path(__file__).parents[3] / "benchmarks" / "results").glob("bench_*.json"))


def test_json_is_as_its_schema_says_and_comes_back() -> None:
    made = results(case("a", 50), case("b", 80, spread=0.2), unfinished=("c, fp32, batch 1",))
    content = json.loads(made.to_json())
    jsonschema.validate(content, SCHEMA)
    assert Results.from_json(made.to_json()) == made
    speed = content["cases"][0]["entries"]["ours"]["speed"]
    assert (round(speed["ratio"], 6), speed["verdict"]) == (2.0, "faster")
    assert content["cases"][1]["entries"]["ours"]["speed"]["verdict"] == "too noisy to say"


def test_kept_results_are_as_the_schema_says() -> None:
    for path in KEPT:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize("text", ["{}", "[]", '{"format": 0}', "no JSON", '{"format": 1, "machine": {}, "visits": 1}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whose message depends on what is wrong
        Results.from_json(text)


def test_ratios_follow_from_the_times_for_any_baseline() -> None:
    made = case("a", 50)
    assert made.speed("ours").ratio == pytest.approx(2)
    assert made.speed("eager", "ours").ratio == pytest.approx(0.5)
    assert (made.verdict("ours"), made.verdict("eager", "ours")) == ("faster", "slower")
    assert made.verdict("eager") == made.verdict("control") == ""


def test_a_batch_counts_in_images() -> None:
    assert case("a", 50, batch=16).images_per_second("ours") == pytest.approx(16 / 0.05, rel=0.01)


def test_share_of_the_peak() -> None:
    """A thousand million multiply-adds in 50 ms are 40 GFLOP/s, of 100."""
    made = results(case("a", 50))
    assert made.of_peak(made.cases[0], "ours") == pytest.approx(0.4, rel=0.01)
    other = results(case("a", 50, dtype="bf16"))
    assert other.of_peak(other.cases[0], "ours") is None


def test_means_are_over_nets_of_one_kind() -> None:
    made = results(case("a", 25), case("b", 100), case("a", 10, batch=16))
    assert made.kinds() == ("inference, cpu, fp32, batch 1", "inference, cpu, fp32, batch 16")
    found, nets = made.means("inference, cpu, fp32, batch 1")["ours"]
    assert (found.ratio, nets) == (pytest.approx(2), 2)
    assert made.mean_verdict("inference, cpu, fp32, batch 1", "ours") == "faster"


def test_one_noisy_net_can_take_the_verdict_of_the_mean() -> None:
    made = results(case("a", 25), case("b", 30, spread=0.4))
    assert made.mean_verdict(made.kinds()[0], "ours") == "too noisy to say"


def test_the_table_of_a_case() -> None:
    made = results(case("a", 50))
    assert case_table(made, made.cases[0]).text().splitlines() == [
        "a, 3x224x224: inference, cpu, fp32, batch 1; baseline torchvision:a",
        "",
        "variant      ms  images/s  speed, eager = 1       bracket  verdict  of peak  set-up s     memory  activations",
        "-------  ------  --------  ----------------  ------------  -------  -------  --------  ---------  -----------",
        "eager    100.50      10.0              1.00  1.00 to 1.00              20 %       0.1  512.0 MiB      1.0 MiB",
        "control  101.50       9.9              0.99  0.99 to 0.99              20 %",
        "ours      50.25      19.9              2.00  2.00 to 2.00  faster      40 %       0.5",
        "-------  ------  --------  ----------------  ------------  -------  -------  --------  ---------  -----------",
        "ours: channels last",
        "left out: aoti: it needs a C++ compiler, and there is no g++",
        "refused: frozen: its outputs differ by 1.0e+00, and 0.0001 is allowed",
    ]


def test_a_noisy_control_is_told() -> None:
    made = case("a", 50)
    noisy = Case(
        **{key: getattr(made, key) for key in Case.__match_args__}
        | {"entries": {**made.entries, "control": entry(90, 0.2)}}
    )
    table = case_table(results(noisy), noisy)
    assert table.notes[0] == "no verdicts: two equal modules differ by 0.94 to 1.11"
    assert {shown(row[5]) for row in table.rows} == {"", "too noisy to say"}


def test_a_baseline_that_is_not_there_gives_no_ratios() -> None:
    made = results(case("a", 50))
    assert "verdict" not in case_table(made, made.cases[0], "onnxruntime").text()
    assert means_table(made, made.kinds()[0], "onnxruntime").rows == ()


def test_means_have_a_table_where_there_are_several_nets() -> None:
    assert len(tables(results(case("a", 50)))) == 1
    *_, means = tables(results(case("a", 50), case("b", 200)))
    (row,) = (row for row in means.rows if row[0] == "ours")
    assert [shown(cell) for cell in row] == ["ours", "1.00", "1.00 to 1.00", "no difference", "2", "2.00", "0.50"]


def test_the_plot_has_a_bar_for_each_variant_and_net() -> None:
    plot = speeds(results(case("a", 50), case("b", 200)))
    (series,) = plot.series
    assert (series.name, plot.names) == ("ours", ("a", "b"))
    assert series.y == pytest.approx((2, 0.5))
    assert (plot.level, series.low, series.high) == (1, series.y, series.y)
