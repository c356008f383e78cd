"""`resdsl summary`: memory for several batch sizes, and what is said of wrong ones."""

from __future__ import annotations

import json

import pytest

from resdsl.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["summary", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_row_for_each_batch_size_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "resnet20_cifar10", "--batch", "4,1,4", "--optimizer", "momentum", "--dtype", "bfloat16")
    head, *rows = out.partition("memory at its most, bfloat16, momentum\n\n")[2].splitlines()
    assert code == 0
    assert head.split() == [
        "batch",
        "run",
        "peak",
        "weights",
        "gradients",
        "optimizer",
        "activations",
        "passing",
        "when",
    ]
    runs = ("inference", "first step", "training", "accumulating")
    assert [(row[:5], row[7:19].strip()) for row in rows[1:]] == [(f"    {n}", name) for n in (4, 1) for name in runs]


def test_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("resnet20_cifar10", "--format", "json", "--batch", "1,2", "--fit", "1.5GiB")
    data = json.loads(run(capsys, *arguments)[1])
    assert [memory["batch"] for memory in data["memory"]] == [1, 2]
    training = data["memory"][1]["training"]
    parts = ("weights", "gradients", "optimizer", "activations", "passing")
    assert training["total"] == sum(training[part] for part in parts)
    assert data["fits"]["bytes"] == 3 * 2**29
    assert data["fits"]["inference"] > data["fits"]["training"] > 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--batch", "1,,2"), "'1,,2' is no batch size and no list of them, such as 1,32,256"),
        (("--batch", "0"), "'0' is no batch size"),
        (("--fit", "24"), "'24' is no amount of memory, such as 24GB (billions) or 24GiB (2**30)"),
        (("--optimizer", "adm"), "did you mean adam?"),
    ],
)
def test_wrong_words(wrong: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["summary", "resnet20_cifar10", *wrong])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
