"""`resdsl paths` as a user calls it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from resdsl.cli import main


def test_a_residual_net_of_110_layers(capsys: pytest.CaptureFixture[str]) -> None:
    """arXiv:1605.06431: 2^54 paths, most of 19 to 35 units; 0.45 % of 5 to 17."""
    assert main(["paths", "resnet110_cifar10", "--band", "0-9"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "resnet110_cifar10: 18,014,398,509,481,984 paths (2^54)"
    assert "mean 27 units, standard deviation 3.67" in lines
    assert "at least 95 % of the paths have 19 to 35 units: 0.980166" in lines
    assert lines[-2].endswith("arXiv:1605.06431: 0.004537")
    assert lines[-1] == "0 to 9 units: 0.000000"
    assert [line.split()[0] for line in lines if "  " in line][2] == "0..15"


def test_survival_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", "stochastic_depth110_cifar10"]) == 0
    assert "executed in a training step: 40.25 of 54 units on average" in capsys.readouterr().out
    assert main(["paths", "stochastic_depth110_cifar10", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["total"], data["mean"], data["expected_depth"]) == (2**54, 27, 40.25)
    assert (sum(data["paths"]), data["central_95"]) == (2**54, [19, 35])
    assert sum(data["depth_chances"]) == pytest.approx(1)


def test_csv_has_every_length_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", "resnet1202_cifar10", "--format", "csv"]) == 0
    head, *rows = csv.reader(capsys.readouterr().out.splitlines())
    assert head == ["units", "paths", "share", "cumulative"]
    assert len(rows) == 601
    assert sum(int(row[1]) for row in rows) == 2**600


def test_layers_and_large_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paths", "googlenet", "--by", "layers"]) == 0
    assert "mean 17.5 layers" in capsys.readouterr().out
    assert main(["paths", "resnet1202_cifar10"]) == 0
    assert capsys.readouterr().out.startswith("resnet1202_cifar10: 4.1495e180 paths (2^600)")


def test_a_band_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["paths", "resnet18", "--band", "9-3"])
    assert stopped.value.code == 2
    assert "invalid range such as 5-17 value: '9-3'" in capsys.readouterr().err


def test_more_paths_than_can_be_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.res"
    path.write_text("model net {\n  input 2x2x2\n  14001 x { residual { scale(2) } }\n}\n", encoding="utf-8")
    for command in (["paths", str(path)], ["plot", "paths", str(path), "-o", str(tmp_path / "a.csv")]):
        assert main(command) == 2
        assert capsys.readouterr().err == "resdsl: the paths of net are too many to be counted: about 2^14001\n"
    assert main(["render", str(path), "--level", "paths", "--format", "dot"]) == 2
    assert "too many to be counted" in capsys.readouterr().err
