"""The text of a page: deterministic, whole, small, allowed by its own policy. tests/browser opens it."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest

import resdsl
from resdsl.backends.html import page, sheets
from resdsl.backends.html.listing import colored
from resdsl.cli import main
from resdsl.graph.model import Graph
from resdsl.specs import SpecError

NETS = Path(__file__).parents[2] / "golden" / "dot" / "nets.res"

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot program")


@pytest.fixture(scope="module")
def small() -> Graph:
    return resdsl.load("resnet20_cifar10").ir


@pytest.fixture(scope="module")
def text(small: Graph) -> str:
    return page(small)


def data(text: str) -> dict[str, list[dict[str, object]]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found
    read: dict[str, list[dict[str, object]]] = json.loads(found[1])
    return read


def test_the_same_net_gives_the_same_bytes(small: Graph, text: str) -> None:
    assert page(small) == text
    assert page(resdsl.load("resnet20_cifar10").ir) == text


def test_the_policy_allows_what_is_there_and_nothing_else(text: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in unescape(policy[1]).split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    for name, own in (("style-src", style), ("script-src", script)):
        assert rules[name] == f"'sha256-{b64encode(sha256(own.encode()).digest()).decode()}'"
    assert rules.keys() == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    assert {rules["default-src"], rules["base-uri"], rules["form-action"]} == {"'none'"}


def test_nothing_is_loaded_from_elsewhere(text: str) -> None:
    assert not re.findall(r"""\s(?:src|href)\s*=|url\(|@import|https?://""", re.sub(r"<code>.*?</code>", "", text))


def test_every_element_is_drawn_once(text: str) -> None:
    parts = text.split('<div class="sheet"')[1:]
    for sheet, drawn in zip(data(text)["sheets"], parts, strict=True):
        elements = sheet["elements"]
        assert isinstance(elements, list)
        assert sorted(map(int, re.findall(r'data-e="(\d+)"', drawn))) == list(range(len(elements)))


def test_each_level_leads_to_the_next(text: str) -> None:
    found = data(text)["sheets"]
    below = {"overview": "stage", "stage": "block", "block": "ops"}
    for sheet in found:
        for element in sheet["elements"]:
            if "o" in element:
                assert found[element["o"]]["level"] == below[sheet["level"]]
            else:
                assert sheet["level"] == "ops" or element["k"] in {"input", "output", "link", "shortcut", "gate"}


def test_the_files_of_the_net_are_there_as_they_are(small: Graph, text: str) -> None:
    names = [str(name).rpartition("/")[2] for name in data(text)["files"]]
    assert names == ["resnet_cifar.res", "std:residual.res", "std:shortcuts.res"]
    source = (small.root.site or small.root.span).source
    first = text.split('data-file="0"')[1].split('<div class="file"', maxsplit=1)[0]
    lines = [unescape(re.sub(r"<[^>]*>", "", line)) for line in re.findall(r"<code>(.*?)</code>", first)]
    assert lines == source.text.rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'model m = f(2, "a#b") # c',
            "keyword:model definition:m sign:= call:f number:2 string:&quot;a#b&quot; comment:# c",
        ),
        ("stage layer{s + 1}: n x unit(64)", "keyword:stage definition:layer sign:+ number:1 call:unit number:64"),
        ("  fc[]: linear(true) -> relu", "label:fc call:linear number:true sign:-&gt;"),
        ('use "a<b>.res": x', "keyword:use string:&quot;a&lt;b&gt;.res&quot;"),
        ("a\u202eb", ""),
    ],
)
def test_words_have_colours(line: str, words: str) -> None:
    found = re.findall(r'<span class="(\w+)">(.*?)</span>', colored(line))
    assert " ".join(f"{kind}:{text}" for kind, text in found) == words
    assert "\u202e" not in colored(line)


@pytest.mark.parametrize("model", ["gated_net", "dense_net", "pyramid", "two_inputs", "nested", "several"])
def test_every_form_of_net_has_a_page(model: str) -> None:
    levels = {sheet["level"] for sheet in data(page(resdsl.load(NETS, model).ir))["sheets"]}
    assert levels == {"overview", "stage", "block", "ops"}


def test_a_part_has_the_blocks_that_the_whole_has() -> None:
    titles: dict[object, set[object]] = {}
    for sheet in data(page(resdsl.load("resnet50_fpn").ir))["sheets"]:
        for element in sheet["elements"]:
            if sheet["level"] == "block" and element["k"] == "block":
                titles.setdefault(sheet["title"] == "all", set()).add(element["t"])
    assert titles[True] - {"stem", "head", "operators"} <= titles[False]


def test_a_large_net_is_a_file_of_bearable_size() -> None:
    text = page(resdsl.load("densenet201").ir)
    assert len(text) < 3_000_000


def test_a_net_of_too_many_sections_is_one(small: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_SECTIONS", 2)
    found = data(page(small))["sheets"]
    assert [(sheet["level"], sheet["title"]) for sheet in found] == [
        ("overview", "all"), ("stage", "all"), ("block", "all"), ("ops", "all")
    ]  # fmt: skip


def test_the_command_and_the_method_write_it(tmp_path: Path, text: str) -> None:
    target = tmp_path / "net.html"
    assert main(["render", "resnet20_cifar10", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == text
    net = resdsl.load("resnet20_cifar10")
    assert net.render(target, level="block", focus="layer2", theme="dark") == target
    part = target.read_text(encoding="utf-8")
    assert '<html lang="en" data-theme="dark">' in part
    assert "<title>resnet20_cifar10: layer2</title>" in part
    with pytest.raises(SpecError, match="levels overview, stage, block, ops, not 'paths'"):
        net.render(target, level="paths")


def test_a_broken_net_has_a_page(tmp_path: Path) -> None:
    spec = tmp_path / "broken.res"
    spec.write_text("model m {\n  input 3x8x8\n  conv(3, 8) -> conv(20, 4, pad=0)\n}\n", encoding="utf-8")
    target = tmp_path / "net.html"
    assert main(["render", str(spec), "-o", str(target), "--allow-broken"]) == 1
    found = data(target.read_text(encoding="utf-8"))["sheets"]
    assert any(element["k"] == "fault" for sheet in found for element in sheet["elements"])
