"""Measuring on a GPU: events for a clock, the allocator for memory, captured graphs that do not forget inputs."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.runtime.bench.job import Job
from resdsl.runtime.bench.measure import cold, measure
from resdsl.runtime.bench.peak import Shape, convolution_peak

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def job() -> Job:
    return Job(resdsl.load("resnet18", input="3x64x64").ir, "torchvision:resnet18", 2, "cuda", "bf16")


def test_inference(job: Job) -> None:
    case = measure(job, ["eager_fp32", "channels_last", "plain", "ours", "reduce_overhead"], visits=2)
    assert case.refused == {}
    assert {"eager", "control", "eager_fp32", "channels_last", "plain", "ours", "reduce_overhead"} == set(case.entries)


def test_training(job: Job) -> None:
    case = measure(Job(job.graph, job.peer, 8, "cuda", "bf16", True), ["channels_last", "plain"], visits=2)
    assert case.refused == {}


def test_memory(job: Job) -> None:
    found = cold(job, "eager")
    assert found.memory_bytes is not None
    assert found.activation_bytes is not None
    assert found.memory_bytes > 2 * 11_689_512 > found.activation_bytes > 0


def test_peak() -> None:
    assert convolution_peak("cuda", "bf16", (8,), 3, (Shape(256, 256, 3, 28),)).gflops > 100
