"""Plots: their numbers against the papers', and pictures that open."""

from __future__ import annotations

import csv
import io
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

import resdsl
from resdsl.cli import main
from resdsl.plots import figures
from resdsl.plots.drawing import draw
from resdsl.plots.model import Plot, Series

NETS = {"paths": ["resnet110_cifar10"], "widths": ["resnet50", "vgg16"], "field": ["resnet50", "googlenet"]}


def plot(kind: str, *names: str) -> Plot:
    return figures.KINDS[kind].make([resdsl.load(name).ir for name in names])


def test_survival_is_the_papers_schedule() -> None:
    """arXiv:1603.09382: p_l = 1 - l / L * (1 - p_L), p_L = 0.5, E = 40 of 54."""
    (series,) = plot("survival", "stochastic_depth110_cifar10").series
    assert series.y == tuple(1 - Fraction(block, 54) / 2 for block in range(1, 55))
    assert series.name == "stochastic_depth110_cifar10: E[depth] = 40.25 of 54"


def test_path_lengths_and_their_bands() -> None:
    """arXiv:1605.06431."""
    found = plot("paths", "resnet110_cifar10")
    (series,) = found.series
    assert max(zip(series.y, series.x, strict=True))[1] == 27
    assert [(one.first, one.last, one.name) for one in found.ranges] == [
        (5, 17, "0.45 % of 5 to 17"),
        (19, 35, "98.0 % of 19 to 35"),
    ]


def test_depth_of_a_net_that_keeps_all_its_units() -> None:
    (series,) = plot("depth", "resnet18").series
    assert (series.x, series.y) == ((8,), (1,))


def test_shares_add_up_and_memory_is_the_summarys() -> None:
    for series in plot("cost", "resnet50").series:
        assert sum(series.y) == 100
    (series,) = plot("memory", "resnet50").series
    assert sum(series.y) * 2**20 == resdsl.load("resnet50").summary().kept.bytes()


def test_field_ends_at_the_last_maps() -> None:
    resnet, vgg = plot("field", "resnet50", "vgg16").series
    assert (resnet.low[-1], resnet.y[-1]) == (11, 427)
    assert (vgg.low[-1], vgg.y[-1]) == (212, 212)
    assert list(resnet.y) == sorted(resnet.y)


def test_widths_are_of_stages() -> None:
    (series,) = plot("widths", "resnet50").series
    assert list(zip(series.x, series.y, strict=True)) == [(56, 64), (56, 256), (28, 512), (14, 1024), (7, 2048)]


@pytest.mark.parametrize("kind", figures.KINDS)
@pytest.mark.parametrize("form", ["svg", "pdf", "png", "csv"])
def test_every_kind_in_every_form(tmp_path: Path, kind: str, form: str) -> None:
    output = tmp_path / f"plot.{form}"
    assert (
        main(["plot", kind, *NETS.get(kind, ["stochastic_depth110_cifar10"]), "-o", str(output), "--dpi", "100"]) == 0
    )
    data = output.read_bytes()
    if form == "svg":
        width = ET.fromstring(data).attrib["width"]
        assert float(width.removesuffix("pt")) == pytest.approx(5 * 72)
    elif form == "png":
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (500, 300)
    elif form == "pdf":
        assert data.startswith(b"%PDF")
    else:
        head, *rows = csv.reader(data.decode().splitlines())
        assert head[0] == "series"
        assert rows


def test_the_same_plot_is_the_same_picture() -> None:
    found = plot("paths", "resnet18")
    assert draw(found, "svg") == draw(found, "svg")


def test_a_name_is_never_mathematics_nor_markup() -> None:
    hostile = "$x_1$ <script>alert(1)</script> & \\input{a}"
    picture = draw(Plot(hostile, hostile, hostile, (Series(hostile, (0, 1), (1, 2), "points"),)), "svg").decode()
    root = ET.fromstring(picture)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert "".join(root.itertext()).count(hostile) == 4


def test_one_net_at_a_time(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["plot", "cost", "resnet18", "resnet34", "-o", str(tmp_path / "a.svg")]) == 2
    assert capsys.readouterr().err == "resdsl: plot cost shows one net, and 2 are given\n"
    assert main(["plot", "cost", "resnet18", "-o", "a.gif"]) == 2


def test_without_matplotlib(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", "cost", "resnet18", "-o", str(tmp_path / "a.svg")]) == 2
    assert "pip install 'resdsl[plot]'" in capsys.readouterr().err
    assert main(["plot", "cost", "resnet18", "-o", str(tmp_path / "a.csv")]) == 0
    assert not (tmp_path / "a.svg").exists()


def test_bars_have_brackets() -> None:
    bars = Series("ours", (0,), (2.0,), "bars", low=(1.5,), high=(2.5,))
    made = Plot("", "net", "speed", (bars,), names=("a",), level=1)
    assert made.table().csv().splitlines() == [
        'series,net,"speed, lowest",speed,"speed, highest"',
        "ours,a,1.5,2.0,2.5",
    ]
    bare = Plot("", "net", "speed", (Series("ours", (0,), (2.0,), "bars"),), names=("a",))
    assert draw(made, "svg").count(b"<path") > draw(bare, "svg").count(b"<path")
