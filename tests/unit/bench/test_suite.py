"""Many measurements within a time, and the command: with processes of our own making, and once with real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import resdsl
from resdsl.cli import main
from resdsl.graph import Graph
from resdsl.runtime.bench import Suite, WorkerError, chosen, run
from resdsl.runtime.bench import worker as working
from resdsl.runtime.bench.job import Job
from resdsl.runtime.bench.peak import Shape, convolution_peak
from resdsl.runtime.bench.results import as_json
from resdsl.runtime.bench.worker import Describe, FindPeak, LateError, Measure, Request, Start, ask

SCHEMA = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))
TIMES = {"min": 0.1, "p20": 0.1, "median": 0.1, "calls": 30}
NET = "model one {\n  input 3x8x8\n  conv(3, 4)\n}\n"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "one.res"
    path.write_text(NET, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graph(spec: Path) -> Graph:
    return resdsl.load(spec).ir


class Answers:
    """Answers at once; after `late` measurements the time is over."""

    def __init__(self, late: int = 1_000) -> None:
        self.asked: list[Request] = []
        self._left = late

    def __call__(self, request: Request, _: float | None) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(request, Describe):
            return {"processor": "P", "cores": 1, "vectors": "", "threads": 1, "system": "", "python": "", "resdsl": "",
                    "torch": "", "date": "2026-11-22"}  # fmt: skip
        self._left -= 1
        if self._left < 0:
            raise LateError("it had not ended after 5 s")
        if isinstance(request, FindPeak):
            return {"gflops": 100.0, "shape": "3x3", "call": "packed"}
        if isinstance(request, Start):
            return {"setup_seconds": 0.5, "memory_bytes": 1000, "activation_bytes": None}
        job = request.job
        entry = {
            "times": TIMES,
            "difference": 0.0,
            "setup_seconds": None,
            "memory_bytes": None,
            "activation_bytes": None,
            "said": [],
        }
        return {
            "net": job.graph.name, "peer": "", "input": "3x8x8", "macs": 1, "left_out": {}, "refused": {},
            **{key: getattr(job, key) for key in ("batch", "device", "dtype", "train")},
            "entries": dict.fromkeys(("eager", "control", *request.names), entry),
        }  # fmt: skip


def test_every_net_under_every_kind_of_call(graph: Graph) -> None:
    answers, told = Answers(), list[str]()
    suite = Suite(((graph, ""),), ("plain",), batches=(1, 4), dtypes=("fp32", "bf16"))
    results = run(suite, told.append, answers)
    assert [(case.dtype, case.batch) for case in results.cases] == [("fp32", 1), ("fp32", 4), ("bf16", 1), ("bf16", 4)]
    assert set(results.peaks) == {"fp32", "bf16"}
    entries = results.cases[0].entries
    assert (entries["plain"].setup_seconds, entries["control"].setup_seconds) == (0.5, None)
    assert told[:3] == [
        "the convolution peak, fp32", "the convolution peak, bf16", "one, fp32, batch 1: 1 variants side by side"
    ]  # fmt: skip
    jsonschema.validate(json.loads(results.to_json()), SCHEMA)


def test_without_cold_starts_there_are_none(graph: Graph) -> None:
    answers = Answers()
    run(Suite(((graph, ""),), ("plain",), cold=False, train=True), lambda _: None, answers)
    assert [type(request) for request in answers.asked] == [Describe, Measure]  # training has no share of a peak


def test_what_the_time_is_not_enough_for_is_listed(graph: Graph) -> None:
    results = run(Suite(((graph, ""),), ("plain",), batches=(1, 4)), lambda _: None, Answers(late=3))
    assert [case.batch for case in results.cases] == [1]
    assert results.unfinished == (
        "one, fp32, batch 1: set-up and memory of plain (it had not ended after 5 s)",
        "one, fp32, batch 4 (it had not ended after 5 s)",
    )


def test_what_fails_is_told_and_the_others_are_measured(graph: Graph) -> None:
    answers = Answers()

    def some(request: Request, seconds: float | None) -> dict[str, Any]:
        if isinstance(request, FindPeak) or (isinstance(request, Measure) and request.job.batch == 1):
            raise WorkerError("a measuring process ended with -9: no word")
        return answers(request, seconds)

    results = run(Suite(((graph, ""),), ("plain",), batches=(1, 4)), lambda _: None, some)
    assert [case.batch for case in results.cases] == [4]
    assert results.unfinished == (
        "the convolution peak, fp32 (a measuring process ended with -9: no word)",
        "one, fp32, batch 1 (a measuring process ended with -9: no word)",
    )


def test_nothing_is_begun_when_the_time_is_over(graph: Graph) -> None:
    answers = Answers()
    results = run(Suite(((graph, ""),), ("plain",), seconds=1e-9), lambda _: None, answers)
    assert [type(request) for request in answers.asked] == [Describe]
    assert results.unfinished == ("the convolution peak, fp32", "one, fp32, batch 1")


def test_a_process_answers_and_tells_its_faults(graph: Graph) -> None:
    with pytest.raises(WorkerError, match="KeyError: 'odd'"):
        ask(Start(Job(graph), "odd"))


def test_a_process_that_takes_too_long_is_ended() -> None:
    with pytest.raises(LateError, match="it had not ended after"):
        ask(Describe("cpu"), 0.01)


def test_a_process_that_dies_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working.sys, "executable", "/bin/false")
    with pytest.raises(WorkerError, match="ended with 1: no word"):
        ask(Describe("cpu"))


def test_the_peak_is_the_best_of_shapes_and_calls() -> None:
    shape = Shape(8, 8, 3, 8)
    assert shape.macs == 8 * 8 * 9 * 64
    assert convolution_peak("cpu", "bf16", (1,), 2, (shape,)).gflops > 0
    peak = convolution_peak("cpu", "fp32", (1, 2), 2, (shape, Shape(2, 2, 1, 2)))
    assert peak.gflops > 0
    assert peak.shape.startswith("3x3, 8 to 8, 8x8, batch")
    assert as_json(peak).keys() == {"gflops", "shape", "call"}


def test_unknown_variants_are_refused() -> None:
    assert chosen(["a", "b", "a"], ("a", "b")) == ("a", "b")
    with pytest.raises(ValueError, match="did you mean frozen"):
        chosen(["frosen"], ("frozen", "aoti"))


def test_the_command(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved, drawn = tmp_path / "r.json", tmp_path / "r.csv"
    options = [
        "--peers",
        "channels_last",
        "--train",
        "--no-cold",
        "--visits",
        "1",
        "--save",
        str(saved),
        "--plot",
        str(drawn),
    ]
    assert main(["bench", str(spec), *options]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("one, 3x8x8: training, cpu, fp32, batch 1; no peer: the baseline is the plain module\n")
    assert "\nleft out: plain: it is eager itself" in out
    assert err == "bench: one, fp32, batch 1: 4 variants side by side\n"
    content = json.loads(saved.read_text(encoding="utf-8"))
    jsonschema.validate(content, SCHEMA)
    assert content["cases"][0]["entries"]["channels_last"]["difference"] < 1e-5
    assert drawn.read_text(encoding="utf-8").startswith("series,")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--peers", "eagre"], "there is no variant 'eagre'; did you mean eager?"),
        (["--ours", "eager"], "there is no variant 'eager'; there are"),
        (["--baseline", "none"], "there is no variant 'none'"),
        (["--dtype", "fp16"], "--dtype fp16: there are fp32, bf16"),
        (["--batch", "0"], "argument --batch: invalid list of positive whole numbers value: '0'"),
        (["--plot", "a.gif"], "a.gif: a plot ends in .svg, .pdf or .png"),
        (["-o", "a.res"], "a.res has the name of a spec"),
        (["--save", "nowhere/a.json"], "there is no folder nowhere"),
    ],
)
def test_wrong_calls(spec: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["bench", str(spec), *options])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_random_programs_are_not_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "stochastic_depth110_cifar10", "--train"]) == 2
    assert "draws its branches anew in each step" in capsys.readouterr().err


def test_cuda_is_asked_for_where_there_is_none(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert main(["bench", str(spec), "--device", "cuda"]) == 2
    assert "PyTorch finds no CUDA device here" in capsys.readouterr().err
