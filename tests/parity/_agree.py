"""Two nets with the same weights are the same function: outputs in training and eval, gradients, statistics."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

import resdsl
from resdsl.resources import root
from tests.parity._compare import differing

TOLERANCE = 1e-5
FLOOR = 1e-7  # of the net's largest gradient: some gradients are zero in theory
CLASSES = 10


def peers(library: str) -> dict[str, str]:
    """The networks whose row of the table names a peer in this library, and that peer's name."""
    table = (root("specs") / "figures.csv").read_text(encoding="utf-8")
    rows = (row for row in csv.DictReader(table.splitlines()) if row["peer"].startswith(f"{library}:"))
    return {row["zoo"]: row["peer"].partition(":")[2] for row in rows}


def assert_is_peer(name: str, make: Callable[..., nn.Module], peer_name: str, size: int) -> None:
    """A network that ships, and `make(peer_name)`, with the same weights and without dropout."""
    torch.manual_seed(0)
    ours = without_dropout(resdsl.load(name, classes=CLASSES).module())
    with torch.device("meta"):
        peer = without_dropout(make(peer_name, num_classes=CLASSES))
    names = paired(ours, peer)
    share(ours, peer, names)
    assert_agree(ours, peer, torch.randn(2, 3, size, size), names)


def without_dropout(module: nn.Module) -> nn.Module:
    """`module`, whose dropout keeps everything."""
    for part in module.modules():
        if isinstance(part, nn.Dropout | nn.Dropout2d):
            part.p = 0.0
    return module


def paired(ours: nn.Module, peer: nn.Module) -> dict[str, str]:
    """The peer's key for each of ours: the same where all are the same, else by order, where shapes must be equal."""
    mine, theirs = ours.state_dict(), peer.state_dict()
    if mine.keys() == theirs.keys():
        return {key: key for key in mine}
    assert [tuple(t.shape) for t in mine.values()] == [tuple(t.shape) for t in theirs.values()]
    return dict(zip(mine, theirs, strict=True))


def share(ours: nn.Module, peer: nn.Module, names: Mapping[str, str]) -> None:
    """Give the peer, which may be on the meta device, our weights themselves and a copy of our statistics.

    `names` has the peer's key for each of ours.
    """
    buffers = {name for name, _ in ours.named_buffers()}
    state = ours.state_dict()
    copies = {theirs: state[key].clone() if key in buffers else state[key] for key, theirs in names.items()}
    peer.load_state_dict(copies, strict=True, assign=True)


def assert_agree(
    ours: nn.Module,
    peer: nn.Module,
    x: Tensor,
    names: Mapping[str, str],
    outputs: Mapping[str, str] | None = None,
) -> None:
    """Equal weights are given already: everything that the two compute from `x` agrees, to the tolerance.

    `outputs` has the peer's name for each of our outputs that it calls differently.
    """
    _assert_training_agrees(ours, peer, x, names, outputs or {})
    ours.eval()
    peer.eval()
    with torch.no_grad():
        assert differing(_outputs(ours(x), outputs or {}), _outputs(peer(x), {}), TOLERANCE) == []


def _assert_training_agrees(
    ours: nn.Module, peer: nn.Module, x: Tensor, names: Mapping[str, str], outputs: Mapping[str, str]
) -> None:
    expected, expected_gradients = _step(peer, x, {})
    values, gradients = _step(ours, x, outputs)
    assert differing(values, expected, TOLERANCE) == []
    assert expected_gradients.keys() == dict(peer.named_parameters()).keys()
    floor = FLOOR * max(g.abs().max().item() for g in expected_gradients.values())
    assert differing({names[key]: g for key, g in gradients.items()}, expected_gradients, TOLERANCE, floor) == []
    statistics = {names[key]: b for key, b in ours.named_buffers()}
    assert differing(statistics, dict(peer.named_buffers()), TOLERANCE) == []


def _step(module: nn.Module, x: Tensor, names: Mapping[str, str]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The outputs in training, and the gradients of a fixed function of all of them."""
    module.train()
    outputs = _outputs(module(x), names)
    torch.stack([(y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum() for y in outputs.values()]).sum().backward()
    gradients = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    return {name: y.detach() for name, y in outputs.items()}, gradients


def _outputs(y: Tensor | Mapping[str, Tensor] | NamedTuple, names: Mapping[str, str]) -> dict[str, Tensor]:
    """The outputs by name, those in `names` renamed; a single one is called `output`."""
    if isinstance(y, Tensor):
        return {"output": y}
    given = dict(y) if isinstance(y, Mapping) else y._asdict()
    return {names.get(name, name): value for name, value in given.items()}
