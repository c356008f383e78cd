"""Jobs measured end to end on small nets: everything is checked before it is timed, and what is wrong is refused."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import resdsl
from resdsl.graph import Graph
from resdsl.runtime.bench import measure as measuring
from resdsl.runtime.bench import peers
from resdsl.runtime.bench.bed import Bed
from resdsl.runtime.bench.calls import Inference, Training, compare
from resdsl.runtime.bench.job import Job, LeftOutError
from resdsl.runtime.bench.measure import Cold, cold, measure
from resdsl.runtime.bench.variants import VARIANTS, Variant

NET = """
block unit(width) {
  residual {
    conv(3, width) -> bn -> relu
    conv(3, width) -> bn
  }
  relu
}

model tiny {
  input 3x8x8
  conv(3, 8) -> bn -> relu
  stage one: 2 x unit(8)
  avgpool -> flatten -> linear(5)
}
"""

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries that are compared


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    path = tmp_path_factory.mktemp("bench") / "tiny.res"
    path.write_text(NET, encoding="utf-8")
    return resdsl.load(path).ir


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    path = tmp_path_factory.mktemp("bench") / "one.res"
    path.write_text("model one {\n  input 3x8x8\n  conv(3, 4)\n}\n", encoding="utf-8")
    return resdsl.load(path).ir


@pytest.fixture(scope="module")
def job() -> Job:
    return Job(resdsl.load("resnet18", input="3x32x32").ir, "torchvision:resnet18", batch=8)


def wrong(monkeypatch: pytest.MonkeyPatch, build: Callable[[nn.Module, Bed], Any], **options: bool) -> None:
    """A variant `odd`."""
    monkeypatch.setitem(VARIANTS, "odd", Variant("odd", Bed.baseline, build, **options))


def test_inference_beside_the_library(job: Job) -> None:
    case = measure(job, ["plain", "layout", "channels_last", "timm"], visits=1)
    assert list(case.entries) == ["eager", "control", "plain", "layout", "channels_last", "timm"]
    assert (case.left_out, case.refused) == ({}, {})
    assert (case.peer, case.input, case.batch, case.train) == ("torchvision:resnet18", "3x32x32", 8, False)
    assert all(entry.difference < 1e-5 and entry.times.calls == 2 for entry in case.entries.values())
    assert case.entries["eager"].difference == case.entries["control"].difference == 0


def test_training_beside_the_library(job: Job) -> None:
    trained = Job(job.graph, job.peer, job.batch, train=True)
    case = measure(trained, ["plain", "plain_channels_last", "onnxruntime"], visits=1)
    assert list(case.entries) == ["eager", "control", "plain", "plain_channels_last"]
    assert case.left_out == {"onnxruntime": "it does not train"}
    assert max(entry.difference for entry in case.entries.values()) < 1e-5


@pytest.mark.parametrize("train", [False, True])
def test_bf16(tiny: Graph, train: bool) -> None:
    case = measure(Job(tiny, dtype="bf16", train=train, batch=2), ["plain_channels_last", "eager_fp32"], visits=1)
    assert not case.refused
    assert "plain_channels_last" in case.entries
    assert train or case.entries["eager_fp32"].difference == 0 < case.entries["eager"].difference < 0.1


def test_without_a_peer_the_baseline_is_the_plain_module(tiny: Graph) -> None:
    case = measure(Job(tiny), ["plain", "timm"], visits=1)
    assert list(case.entries) == ["eager", "control"]
    assert case.left_out == {
        "plain": "it is eager itself: no library's network is known to be the same",
        "timm": "no network of timm is known to be the same",
    }


def test_a_library_that_is_missing_is_said(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    case = measure(Job(tiny, "timm:some_net"), [], visits=1)
    assert case.peer == ""
    assert case.left_out["timm:some_net"].startswith("timm cannot be imported")


def test_wrong_outputs_are_refused(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, lambda net, _: lambda x: net(x) * 1.01)
    case = measure(Job(tiny), ["odd"], visits=1)
    assert "odd" not in case.entries
    assert case.refused["odd"].startswith("its outputs differ by 1.0e-02")


def test_outputs_of_other_inputs_are_refused(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of a captured graph whose inputs are not copied."""

    def forgetful(net: nn.Module, bed: Bed) -> Callable[..., torch.Tensor]:
        first = net(*bed.inputs).detach()
        return lambda _: first

    wrong(monkeypatch, forgetful)
    assert "odd" in measure(Job(tiny), ["odd"], visits=1).refused


def test_an_unfolded_normalisation_is_refused(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fresh module's statistics it would make no difference worth the name."""

    def build(net: nn.Module, _bed: Bed) -> nn.Module:
        for name, part in list(net.named_modules()):
            if isinstance(part, nn.BatchNorm2d):
                net.set_submodule(name, nn.Identity())
        return net

    wrong(monkeypatch, build)
    assert "odd" in measure(Job(tiny), ["odd"], visits=1).refused


def test_wrong_gradients_are_refused(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, lambda net, _: lambda x: net(x) + 0.1 * (net(x) - net(x).detach()), trains=True)
    assert "odd" in measure(Job(tiny, train=True, batch=4), ["odd"], visits=1).refused


def test_a_failure_is_told_and_the_others_are_timed(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_net: nn.Module, _bed: Bed) -> Any:
        raise RuntimeError("\nno kernel\nfor this")

    wrong(monkeypatch, fails)
    case = measure(Job(tiny), ["odd"], visits=1)
    assert case.refused == {"odd": "RuntimeError: no kernel"}
    assert list(case.entries) == ["eager", "control"]


def test_a_baseline_that_fails_stops_everything(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIANTS, "eager", Variant("eager", Bed.baseline, lambda net, _: lambda x: net(x) + 1))
    with pytest.raises(RuntimeError, match="baseline"):
        measure(Job(tiny), [], visits=1)


def test_compiling_while_timed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.utils import counters

    monkeypatch.setitem(counters, "stats", Counter())
    with pytest.raises(RuntimeError, match="compiled again"), measuring._no_compilation():
        counters["stats"]["unique_graphs"] += 1


def test_without_a_compiler_what_needs_one_is_left_out(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    case = measure(Job(tiny), ["compile", "frozen"], visits=1)
    assert set(case.left_out) == {"compile", "frozen"}
    assert "C++ compiler" in case.left_out["compile"]


@pytest.mark.skipif(not shutil.which("g++"), reason="compiled code needs a C++ compiler")
def test_frozen_code_is_its_own(one: Graph) -> None:
    """PyTorch takes the code that it compiled for one module for another of the same class: that one is not frozen."""
    from torch._dynamo.utils import counters

    before = counters["stats"]["unique_graphs"]
    case = measure(Job(one), ["compile", "frozen"], visits=1)
    assert (case.left_out, case.refused) == ({}, {})
    assert counters["stats"]["unique_graphs"] == before + 2


def test_onnxruntime(tiny: Graph) -> None:
    pytest.importorskip("onnxruntime")
    assert measure(Job(tiny), ["onnxruntime"], visits=1).entries["onnxruntime"].difference < 1e-5
    with pytest.raises(LeftOutError, match="bf16"):
        peers.onnxruntime(nn.Identity(), Bed(Job(tiny, dtype="bf16")))


def test_a_cold_start_and_its_memory(tiny: Graph) -> None:
    found = cold(Job(tiny, batch=16), "eager")
    assert isinstance(found, Cold)
    assert found.setup_seconds > 0
    assert found.memory_bytes is None or found.memory_bytes > 50_000_000  # PyTorch itself
    assert found.activation_bytes is not None
    one = 16 * 8 * 8 * 8 * 4  # a map of the net
    assert 2 * one <= found.activation_bytes <= 6 * one


def test_comparison_is_by_norms_and_shapes() -> None:
    a = torch.ones(2, 2)
    assert compare([a], [a], 0).holds
    assert compare([a], [a * 1.001], 1e-2).worst == pytest.approx(1e-3, rel=1e-2)
    assert not compare([a], [a.flatten()], 1).holds
    assert not compare([a], [a, a], 1).holds
    assert not compare([a * float("nan")], [a], 1).holds


def test_steps_move_the_weights(tiny: Graph) -> None:
    bed = Bed(Job(tiny, train=True, batch=4))
    net = bed.plain()
    step = Training(net, net.parameters(), bed)
    first, *_ = step.evidence()
    for _ in range(5):
        step()
    assert step.evidence()[0] < first


def test_all_modules_of_a_bed_have_the_same_weights(job: Job) -> None:
    bed = Bed(job)
    with bed.mode():
        ours, theirs = (Inference(net, bed).evidence() for net in (bed.plain(), bed.baseline()))
    assert compare(ours, theirs, 1e-5).holds
    statistics = [value for key, value in bed.plain().state_dict().items() if key.endswith("running_var")]
    assert all(float((value - 1).abs().max()) > 0.01 for value in statistics)
