"""The zoo: its list, copies that stand alone, and a verification that finds what differs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from resdsl import zoo
from resdsl.cli import main
from resdsl.specs import shipped


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    code = main(arguments)
    return code, *capsys.readouterr()


def test_a_family_lists_its_networks(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "zoo", "vgg", "alexnet")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["family", "name", "params", "GMACs", "depth", "paper"]
    assert ["vgg", "vgg16", "138,357,544", "15.470", "16", "arXiv:1409.1556"] in lines
    assert {line[0] for line in lines[1:]} == {"vgg", "alexnet"}


def test_formats_of_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(run(capsys, "zoo", "vgg", "--format", "json")[1])
    assert rows[0] == {
        "family": "vgg",
        "name": "vgg11",
        "params": 132_863_336,
        "macs": 7_609_090_048,
        "depth": 11,
        "paper": "1409.1556",
    }
    table = run(capsys, "zoo", "vgg", "--format", "md")[1].splitlines()
    assert table[2] == ("| vgg | vgg11 | 132,863,336 | 7.609 | 11 | [1409.1556](https://arxiv.org/abs/1409.1556) |")
    assert len(table) == 2 + len(rows)


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "zoo", "vggg")
    assert (code, "did you mean vgg?" in err) == (2, True)
    assert run(capsys, "zoo", "--peers")[0] == 2
    assert run(capsys, "zoo", "verify", "--format", "json")[0] == 2
    assert run(capsys, "zoo", "show")[0] == 2
    assert run(capsys, "zoo", "show", "vgg16", "vgg19")[0] == 2
    assert run(capsys, "zoo", "show", "specs/vgg.res")[0] == 2
    assert run(capsys, "zoo", "verify", "vgg17")[0] == 2
    code, _, err = run(capsys, "zoo", "verify", "vgg")
    assert (code, "needs arguments" in err) == (2, True)


def test_show_is_the_file_and_says_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "zoo", "show", "vgg16")
    assert code == 0
    assert out == shipped()["vgg16"].read_text(encoding="utf-8")
    line = int(err.split("line ")[1].split()[0])
    assert out.splitlines()[line - 1].startswith("model vgg16 =")


@pytest.mark.parametrize("file", sorted(set(shipped().values())), ids=lambda path: path.stem)
def test_a_copy_stands_alone(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It checks where nothing else is, and compiles to what the network compiles to but for the line that we add."""
    name = next(name for name, path in shipped().items() if path == file)
    target = tmp_path / "mine.res"
    code, said, _ = run(capsys, "new", name, "-o", str(target))
    assert code == 0
    line = int(said.split("is line ")[1].split(".")[0])
    text = target.read_text(encoding="utf-8")
    assert text.splitlines()[line - 1].startswith(f"model {name}")
    assert text.replace(
        f"# A copy of {file.name} as it ships with resdsl, to edit: {name} is one of its models.\n", ""
    ) == file.read_text(encoding="utf-8")
    assert run(capsys, "check", str(target))[0] == 0
    assert run(capsys, "new", name, "-o", str(target))[0] == 2


def test_a_copy_keeps_the_title_and_the_class_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.res"
    run(capsys, "new", "resnet18", "-o", str(target))
    _, ours, _ = run(capsys, "compile", "--no-verify", "resnet18")
    _, copied, _ = run(capsys, "compile", "--no-verify", f"{target}:resnet18")
    added = [line for line in copied.splitlines() if line not in ours.splitlines()]
    assert all("opy of resnet.res" in line or "model" in line for line in added), added
    assert "class ResNet18(" in copied


def test_a_copy_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert "model vgg16 = " in run(capsys, "new", "vgg16", "-o", "-")[1]
    assert run(capsys, "new", "vgg17")[0] == 2
    assert run(capsys, "new", "a.res", "-o", "b.res")[0] == 2


def test_a_copy_that_cannot_be_whole_is_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that the network's file uses are copied too, and none if one of them is there already."""
    (tmp_path / "shipped").mkdir()
    main_file = tmp_path / "shipped" / "second.res"
    main_file.write_text('# Second.\nuse "first.res": unit\nmodel second { input 3x8x8; unit(4) }\n', encoding="utf-8")
    first = "# First.\nblock unit(width) { conv(3, width) }\n"
    (tmp_path / "shipped" / "first.res").write_text(first, encoding="utf-8")
    monkeypatch.setattr("resdsl.specs.root", lambda _: tmp_path / "shipped")
    target = tmp_path / "mine.res"
    assert run(capsys, "new", "second", "-o", "-")[0] == 2
    (tmp_path / "first.res").write_text("mine", encoding="utf-8")
    assert run(capsys, "new", "second", "-o", str(target))[0] == 2
    assert not target.exists()
    (tmp_path / "first.res").unlink()
    assert run(capsys, "new", "second", "-o", str(target))[0] == 0
    assert (tmp_path / "first.res").read_text(encoding="utf-8") == first
    assert run(capsys, "check", str(target))[0] == 0


def test_verify_finds_every_kind_of_difference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    true = zoo.references()
    wrong = dataclasses.replace(
        true["vgg11"],
        counts={count: value + 1 for count, value in true["vgg11"].counts.items()},
        shapes={"input": "3x225x225", "output": "999"},
    )
    absent = dataclasses.replace(wrong, name="vgg12")
    monkeypatch.setattr(zoo, "references", lambda: {**true, "vgg11": wrong, "vgg12": absent})
    code, out, _ = run(capsys, "zoo", "verify", "vgg11", "vgg12", "vgg13", "alexnet_paper")
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == (
        "DIFFERS vgg11: params 132,863,336, 132,863,337 in the table; buffers 0, 1 in the table; "
        "state_dict_keys 22, 23 in the table; macs 7,609,090,048, 7,609,090,049 in the table; "
        "input 3x224x224, 3x225x225 in the table; output 1000, 999 in the table"
    )
    assert lines[1] == "DIFFERS vgg12: is in the table and does not ship"
    assert lines[2].startswith("equal vgg13: 133,047,848 parameters")
    assert lines[3].startswith("equal alexnet_paper: ")
    assert "not in the table" in lines[3]
    assert lines[4] == "4 networks, 2 differ"


def test_every_network_of_the_table_ships_with_its_figures() -> None:
    assert [str(verdict) for verdict in zoo.verify() if verdict.differences] == []
    assert len(zoo.references()) == 129
