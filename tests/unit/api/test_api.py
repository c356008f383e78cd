"""`resdsl.load` and what an architecture can be turned into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
import torch

import resdsl
from resdsl.specs import SpecError, input_size

NET = """\
model tiny(width = 4, act = "relu") {
  input 3x8x8
  conv(3, width) -> bn
  stage layer1: 2 x { residual { conv(3, width) } }
  avgpool -> flatten -> fc: linear(2)
}
model wide = tiny(8)
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.res"
    path.write_text(NET)
    return path


def test_load_takes_paths_models_parameters_and_sizes(net: Path) -> None:
    assert resdsl.load(net, "tiny").summary().model == "tiny"
    assert resdsl.load(f"{net}:wide").summary() == resdsl.load(net, model="wide").summary()
    assert resdsl.load(net, "tiny", width=8).summary().params == resdsl.load(net, "wide").summary().params
    assert resdsl.load(net, "wide", width=4).summary().params == resdsl.load(net, "tiny").summary().params
    for size in ("3x16x20", (3, 16, 20)):
        assert resdsl.load(net, "tiny", input=size).summary().input == "3x16x20"


def test_faults_are_raised_with_their_diagnostics(net: Path) -> None:
    net.write_text(NET.replace("bn", "bm"))
    with pytest.raises(resdsl.CompileError) as caught:
        resdsl.load(net, "tiny")
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.span.line, fault.span.column) == ("E101", 3, 21)
    assert f"{net}:3:21: error[E101]" in str(caught.value)
    assert "^^" in str(caught.value)


def test_what_is_not_there_is_said(net: Path) -> None:
    with pytest.raises(SpecError, match=r"several models.*tiny, wide"):
        resdsl.load(net)
    with pytest.raises(SpecError, match="did you mean wide"):
        resdsl.load(net, "wiide")
    with pytest.raises(FileNotFoundError):
        resdsl.load(net.parent / "absent.res")
    with pytest.raises(resdsl.CompileError, match="widht"):
        resdsl.load(net, "tiny", widht=3)


@pytest.mark.parametrize("size", ["", "3x", "x", "3x8xa", "0x8x8", (3, -1), (), (1, 2, 3, 4, 5), "\uff13x8x8"])
def test_odd_sizes_are_refused(size: str | tuple[int, ...]) -> None:
    with pytest.raises(SpecError, match="is no size"):
        input_size(size)


def test_graph_is_plain_networkx(net: Path) -> None:
    graph = resdsl.load(net, "tiny").graph
    assert isinstance(graph, nx.MultiDiGraph)
    assert nx.is_directed_acyclic_graph(graph)
    kinds = [graph.nodes[node]["kind"] for node in nx.lexicographical_topological_sort(graph)]
    assert kinds == ["input", "conv", "bn", "conv", "add", "conv", "add", "avgpool", "flatten", "linear"]
    conv = next(data for _, data in graph.nodes(data=True) if data["path"] == "layer1.0")
    assert conv["role"] == "conv"
    assert conv["shape"] == (4, 8, 8)
    assert conv["stage"] == "layer1"
    assert conv["arguments"]["width"] == 4
    assert conv["params"] == 4 * 4 * 9
    assert conv["macs"] == 4 * 4 * 9 * 64
    assert sum(data["params"] for _, data in graph.nodes(data=True)) == resdsl.load(net, "tiny").summary().params
    plain = (str, int, float, bool, tuple, dict, type(None))
    assert all(isinstance(value, plain) for _, data in graph.nodes(data=True) for value in data.values())


def test_both_operands_of_a_doubled_value_are_edges(net: Path) -> None:
    net.write_text("model net {\n  input 3x8x8\n  conv(1, 4)\n  add { | identity | identity }\n}\n")
    graph = resdsl.load(net).graph
    (merge,) = (node for node, data in graph.nodes(data=True) if data["kind"] == "add")
    assert sorted(port for _, _, port in graph.in_edges(merge, keys=True)) == [0, 1]


def test_module_is_the_source_executed(net: Path) -> None:
    tiny = resdsl.load(net, "tiny")
    module = tiny.module(dtype=torch.float64)
    assert sum(p.numel() for p in module.parameters()) == tiny.summary().params
    assert len(list(module.buffers())) == tiny.summary().buffers
    assert len(module.state_dict()) == tiny.summary().state_dict_keys
    assert module(torch.randn(2, 3, 8, 8, dtype=torch.float64)).shape == (2, 2)
    assert next(tiny.module(device="meta").parameters()).device.type == "meta"
    scope: dict[str, object] = {"__name__": "elsewhere"}
    exec(compile(tiny.source(), "elsewhere.py", "exec"), scope)
    build = scope[scope["__all__"][0]]
    assert isinstance(build, Callable)
    assert list(build().state_dict()) == list(module.state_dict())


def test_pictures(net: Path, tmp_path: Path) -> None:
    tiny = resdsl.load(net, "tiny")
    dot = tiny.render(format="dot")
    assert isinstance(dot, str)
    assert dot.startswith("digraph")
    assert tiny.render(tmp_path / "tiny.dot") == tmp_path / "tiny.dot"
    assert (tmp_path / "tiny.dot").read_text() == dot
    with pytest.raises(SpecError, match="svg, png, pdf"):
        tiny.render(tmp_path / "tiny.jpg")
    assert not (tmp_path / "tiny.jpg").exists()


def test_notebooks_get_a_table_and_a_picture(net: Path) -> None:
    from resdsl.backends.dot import layout

    tiny = resdsl.load(net, "tiny")
    assert repr(tiny) == "<Architecture tiny: 3x8x8 -> 2, 414 parameters, 0.000025352 GMACs, depth 4>"
    assert "tiny: 3x8x8 -&gt; 2</caption>" in tiny._repr_html_()
    svg = tiny._repr_svg_()
    assert (svg is not None) == layout.available()
    assert svg is None or "<svg" in svg
    assert ('<img alt="tiny"' in tiny._repr_html_()) == layout.available()


def test_the_package_offers_its_three_names_lazily() -> None:
    assert {"load", "Architecture", "CompileError"} <= set(dir(resdsl))
    with pytest.raises(AttributeError, match="absent"):
        resdsl.absent  # noqa: B018 - the access is what is tried
