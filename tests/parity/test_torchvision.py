"""Networks that torchvision has too: the same keys and shapes, outputs, gradients and statistics.

Inputs are as small as the nets allow, so that all of this takes a minute or two on two cores. The peer is built on the
meta device and shares our weights' memory: VGG has half a gigabyte of them.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Callable

import pytest
import torch
from torch import nn

import resdsl
from resdsl.resources import root
from tests.parity._agree import assert_agree, share, without_dropout
from tests.parity._peers import torchvision_models

CLASSES = 10

PEERS = {
    row["zoo"]: row["peer"].removeprefix("torchvision:")
    for row in csv.DictReader((root("specs") / "figures.csv").read_text(encoding="utf-8").splitlines())
    if row["peer"].startswith("torchvision:")
}


def _peer(text: str, classes: int) -> nn.Module:
    """The peer that the table names (`resnet50(replace_stride_with_dilation=[False,True,True])`), without memory."""
    name, _, arguments = text.partition("(")
    written = ast.parse(f"{name}({arguments}" if arguments else f"{name}()", mode="eval").body
    assert isinstance(written, ast.Call)
    options = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in written.keywords}
    if name == "googlenet":
        options["init_weights"] = False  # unset, it warns
    build: Callable[..., nn.Module] = getattr(torchvision_models(), name)
    with torch.device("meta"):
        return build(weights=None, num_classes=classes, **options)


def _size(name: str) -> int:
    """The smallest input: AlexNet's least, 1x1 before VGG's adaptive pool, 2x2 to normalise over at the others' end."""
    if name.startswith("vgg"):
        return 32
    return 64 if name.startswith(("alexnet", "densenet", "googlenet")) else 48


@pytest.mark.parametrize("name", PEERS)
def test_keys_and_shapes(name: str) -> None:
    peer = _peer(PEERS[name], classes=1000)
    with torch.device("meta"):
        ours = resdsl.load(name).module()
    expected = {key: (tuple(t.shape), t.dtype) for key, t in peer.state_dict().items()}
    assert {key: (tuple(t.shape), t.dtype) for key, t in ours.state_dict().items()} == expected
    assert {key for key, _ in ours.named_parameters()} == {key for key, _ in peer.named_parameters()}


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    ours = without_dropout(resdsl.load(name, classes=CLASSES).module())
    peer = without_dropout(_peer(PEERS[name], CLASSES))
    names = {key: key for key in ours.state_dict()}
    share(ours, peer, names)
    ours.load_state_dict(peer.state_dict(), strict=True)
    outputs = {"output": "logits", "aux1": "aux_logits1", "aux2": "aux_logits2"} if hasattr(peer, "aux1") else {}
    assert_agree(ours, peer, torch.randn(2, 3, _size(name), _size(name)), names, outputs)


@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn", "resnet18", "wide_resnet50_2", "densenet121"])
def test_initialisation(name: str) -> None:
    """The same means and deviations as the peer's, as far as samples of this size can say; constants exactly."""
    torch.manual_seed(0)
    ours = resdsl.load(name, classes=CLASSES).module().state_dict()
    build: Callable[..., nn.Module] = getattr(torchvision_models(), PEERS[name])
    for key, reference in build(weights=None, num_classes=CLASSES).state_dict().items():
        deviation = reference.float().std().item() if reference.numel() > 1 else 0.0
        if deviation == 0:
            assert torch.equal(ours[key], reference), key
            continue
        slack = 6 / reference.numel() ** 0.5  # six standard errors of the difference of two samples
        assert abs(ours[key].std().item() / deviation - 1) < slack, key
        assert abs(ours[key].mean().item() - reference.mean().item()) < slack * 2**0.5 * deviation, key
