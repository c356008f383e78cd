"""Mappings are right, or refused: checkpoints whose truth is known, under names that tell much, little or nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from resdsl import WeightsError
from resdsl.runtime.weights import Layout, Mapping, find_mapping, layout
from resdsl.runtime.weights.layout import COUNTER, prefix_of
from tests.unit.weights._nets import CHAIN, HIGHWAY, RESIDUAL, modules, nested, renamed, shuffled, target_of


def told(mapping: Mapping) -> dict[str, str]:
    """From module to module."""
    return {prefix_of(pair.source): prefix_of(pair.target) for pair in mapping.pairs}


def refused(source: Layout, target: Layout, *, pins: dict[str, str] | None = None) -> str:
    with pytest.raises(WeightsError) as caught:
        find_mapping(source, target, pins=pins)
    return str(caught.value)


@pytest.fixture
def residual(tmp_path: Path) -> Layout:
    return target_of(RESIDUAL, tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_equal_names_are_taken_by_name_in_any_order(residual: Layout, seed: int) -> None:
    found = find_mapping(renamed(residual, {}, order=shuffled(seed)), residual)
    assert found.by_name
    assert [pair.target for pair in found.pairs] == list(residual.shapes)


@pytest.mark.parametrize("seed", range(5))
def test_units_match_as_wholes_in_any_order(residual: Layout, seed: int) -> None:
    names = {name: nested(name) for name in modules(residual)}
    source = renamed(residual, names, order=shuffled(seed), ordered=False)
    assert told(find_mapping(source, residual)) == {names[name]: name for name in names}


def test_the_same_without_a_graph(residual: Layout) -> None:
    names = {name: nested(name) for name in modules(residual)}
    module = layout("the module", residual.shapes)
    assert told(find_mapping(renamed(residual, names), module)) == {names[name]: name for name in names}


@pytest.mark.parametrize("word", ["downsample", "shortcut", "identity_conv"])
@pytest.mark.parametrize("first", [False, True])
def test_a_shortcut_is_told_by_its_name(residual: Layout, word: str, first: bool) -> None:
    """Flat units, whose projection has the shapes of the last convolution and its norm."""
    names = {name: name.replace("layer", "stage").replace("downsample", word) for name in modules(residual)}

    def order(items: list[str]) -> list[str]:
        return sorted(items, key=lambda name: "downsample" not in name) if first else items

    found = find_mapping(renamed(residual, names, order=order), residual)
    assert told(found) == {names[name]: name for name in names}
    assert any("shortcut" in line for line in found.evidence)


def test_a_projection_without_a_telling_name_is_a_doubt(residual: Layout) -> None:
    names = {name: name.replace("layer", "stage").replace("downsample", "extra") for name in modules(residual)}
    assert told(find_mapping(renamed(residual, names), residual)) == {names[name]: name for name in names}  # conv3, bn3

    names = {name: other.replace("conv", "c").replace("bn", "n") for name, other in names.items()}
    message = refused(renamed(residual, names), residual)
    assert "stage1.0.c3 (16x4x1x1): layer1.0.conv3 or layer1.0.downsample.0" in message
    assert "stage1.0.extra.1 (16): layer1.0.bn3 or layer1.0.downsample.1" in message
    assert "layer2" not in message  # there the shapes tell

    pins = {"stage1.0.c3": "layer1.0.conv3", "stage1.0.n3": "layer1.0.bn3"}
    assert told(find_mapping(renamed(residual, names), residual, pins=pins)) == {names[name]: name for name in names}


@pytest.mark.parametrize("seed", range(60))
def test_never_wrong_under_names_that_mean_nothing(residual: Layout, seed: int) -> None:
    """Every component of every name is replaced, siblings are shuffled: the truth, or a refusal."""
    dice = random.Random(seed)
    style = dice.choice([nested, lambda name: name])
    words: dict[tuple[str, str], str] = {}
    names = {}
    for name in modules(residual):
        parts = style(name).split(".")
        spelt = [
            words.setdefault(
                (".".join(parts[:i]), part), part if part.isdigit() else "".join(dice.choices("abcxyz", k=6))
            )
            for i, part in enumerate(parts)
        ]
        names[name] = ".".join(spelt)
    source = renamed(residual, names, order=shuffled(seed), ordered=dice.random() < 0.5)
    try:
        found = find_mapping(source, residual)
    except WeightsError as error:
        assert "in more than one way" in str(error)  # noqa: PT017 - either outcome is right
        return
    assert told(found) == {names[name]: name for name in names}


def test_highway_gates_are_told_by_name_alone(tmp_path: Path) -> None:
    target = target_of(HIGHWAY, tmp_path)
    plain, gate = (
        next(name for name in modules(target) if name.startswith("h1.") and ("2" in name) == two)
        for two in (False, True)
    )
    assert target.groups[modules(target).index(gate)].role == "gate"
    numbered = {name: f"net.{name}" for name in modules(target)}
    assert find_mapping(renamed(target, numbered), target).evidence == ("by name, below net",)
    other = {name: name.replace("h1", "one").replace("h2", "two").replace("conv", "c") for name in modules(target)}
    assert f"{other[plain]} (4x4x3x3): {plain} or {gate}" in refused(renamed(target, other), target)

    named = {name: value.replace("c1", "body").replace("c2", "gate") for name, value in other.items()}
    gates_first = renamed(target, named, order=lambda items: sorted(items, key=lambda n: (n[:2], "conv2" not in n)))
    assert told(find_mapping(gates_first, target)) == {named[name]: name for name in named}


def test_the_order_of_registration_tells_what_follows_on_what(tmp_path: Path) -> None:
    target = target_of(CHAIN, tmp_path)
    names = {"a": "first", "b": "second", "fc": "head"}
    assert told(find_mapping(renamed(target, names), target)) == {"first": "a", "second": "b", "head": "fc"}
    assert "first (4x4x3x3): a or b" in refused(renamed(target, names, ordered=False), target)  # a sorted file
    assert "a or b" in refused(renamed(target, names), layout("a module, of which no flow is known", target.shapes))


def test_names_go_before_the_order_of_registration(tmp_path: Path) -> None:
    target = target_of(CHAIN, tmp_path)
    source = renamed(target, {"fc": "head"}, order=lambda items: items[::-1])
    assert told(find_mapping(source, target)) == {"a": "a", "b": "b", "head": "fc"}


def test_numbers_that_contradict_names_are_a_doubt(tmp_path: Path) -> None:
    target = target_of(CHAIN.replace("a:", "c1:").replace("b:", "c2:"), tmp_path)
    assert "c2 (4x4x3x3): c1 or c2" in refused(renamed(target, {"c1": "c2", "c2": "c3"}), target)


def test_counters_may_be_missing(residual: Layout) -> None:
    names = {name: nested(name) for name in modules(residual)}
    for given in ({}, names):
        old = {key: shape for key, shape in renamed(residual, given).shapes.items() if not key.endswith(COUNTER)}
        found = find_mapping(layout("old.pth", old), residual)
        assert found.absent == tuple(key for key in residual.shapes if key.endswith(COUNTER))
        assert "become 0" in str(found)


def test_legacy_containers_are_read_as_numbered_names(tmp_path: Path) -> None:
    body = "input 3x8x8\n  layer: dense_bottleneck(4)\n  flatten -> linear(2)"
    text = f"use std: dense_bottleneck\nmodel net {{\n  {body}\n}}\n"
    target = target_of(text, tmp_path)
    assert {"layer.norm1", "layer.conv1", "layer.norm2", "layer.conv2"} < set(modules(target))
    legacy = {name: f"{name[:-1]}.{name[-1]}" for name in modules(target) if name.startswith("layer.")}
    found = find_mapping(renamed(target, legacy), target)
    assert told(found)["layer.norm.2"] == "layer.norm2"
    assert found.evidence == ("by name, with norm.1 read as norm1",)


@pytest.mark.parametrize("key", ["layer2.0.bn1.running_mean", "layer1.1.conv2.weight", "fc.bias"])
@pytest.mark.parametrize("names", [str, nested])
def test_a_missing_or_misshapen_tensor_is_named(residual: Layout, key: str, names: type[str]) -> None:
    renaming = {name: names(name) for name in modules(residual)}
    whole = renamed(residual, renaming).shapes
    its = renaming[prefix_of(key)] + "." + key.rpartition(".")[2]
    missing = refused(layout("x.pth", {k: s for k, s in whole.items() if k != its}), residual)
    assert (prefix_of(key) if key.endswith("conv2.weight") else its) in missing
    misshapen = refused(layout("x.pth", whole | {its: (7, *whole[its][1:])}), residual)
    assert its.rpartition(".")[0] in misshapen
    assert "7" in misshapen


def test_a_tensor_too_many_is_named(residual: Layout) -> None:
    shapes = dict(residual.shapes)
    assert "  neck.weight (3x3) is not expected" in refused(
        layout("x.pth", {**shapes, "neck.weight": (3, 3)}), residual
    )
    names = {name: nested(name) for name in modules(residual)}
    more = {**renamed(residual, names).shapes, "neck.weight": (3, 3)}
    assert "only in x.pth: neck (weight 3x3)" in refused(layout("x.pth", more), residual)


def test_swapped_tensors_are_named(residual: Layout) -> None:
    one, other = "layer1.0.conv1.weight", "layer1.0.conv2.weight"
    swapped = {**residual.shapes, one: residual.shapes[other], other: residual.shapes[one]}
    message = refused(layout("x.pth", swapped), residual)
    assert f"{one} is 4x4x3x3, the model's 4x4x1x1" in message


def test_units_in_another_order_break_where_they_break(residual: Layout) -> None:
    names = {
        name: nested(name).replace("layer1", "x").replace("layer2", "layer1").replace("x.", "layer2.")
        for name in modules(residual)
    }
    message = refused(renamed(residual, names), residual)
    assert "both have the same modules, but no order" in message
    assert "it breaks at layer1.0.conv1 (4x4x1x1)" in message


def test_a_linear_layer_is_a_convolution_only_if_allowed(residual: Layout) -> None:
    for given in ({}, {"fc": "head"}):
        source = renamed(residual, given)
        key = f"{given.get('fc', 'fc')}.weight"
        source = layout("x.pth", {**source.shapes, key: (*source.shapes[key], 1, 1)})
        message = refused(source, residual)
        assert f"{key} is 5x32x1x1" in message
        assert "allow reshaping" in message
        (pair,) = find_mapping(source, residual, reshape=True).reshaped
        assert (pair.source, pair.source_shape, pair.shape) == (key, (5, 32, 1, 1), (5, 32))


def test_a_convolution_is_never_another_convolution(residual: Layout) -> None:
    key = "layer1.0.conv2.weight"
    source = layout("x.pth", {**residual.shapes, key: (4, 36, 1, 1)})
    with pytest.raises(WeightsError, match=r"conv2\.weight is 4x36x1x1"):
        find_mapping(source, residual, reshape=True)


def test_many_modules_alike_end_in_time(tmp_path: Path) -> None:
    chain = " -> ".join("conv(3, 4)" for _ in range(30))
    target = target_of(f"model net {{\n  input 4x8x8\n  {chain}\n}}\n", tmp_path)
    names = {name: f"{chr(97 + i % 26)}{'x' * (i // 26)}" for i, name in enumerate(modules(target))}
    assert "alike" in refused(renamed(target, names, ordered=False), target)


def test_a_pin_names_modules_that_are_there(residual: Layout) -> None:
    assert "no module nowhere" in refused(residual, residual, pins={"nowhere": "fc"})
    assert "no module nowhere" in refused(residual, residual, pins={"fc": "nowhere"})


def test_keys_of_absurd_depth_are_refused() -> None:
    with pytest.raises(WeightsError, match="more than 50 parts"):
        layout("x.pth", {".".join("a" * 1000): (1,)})
