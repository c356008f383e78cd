"""Networks that timm has too: with the same weights, given by name or by order and shape, the same function."""

from __future__ import annotations

import pytest

from tests.parity._agree import assert_is_peer, peers
from tests.parity._peers import timm_model

# The rows of the table that name a peer, and networks whose row names a peer in another library.
PEERS = peers("timm") | {
    "resnet50": "resnet50",
    "resnext50_32x4d": "resnext50_32x4d",
    "resnext101_32x4d": "resnext101_32x4d",
    "densenet121": "densenet121",
}


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients(name: str) -> None:
    assert_is_peer(name, timm_model, PEERS[name], 64)
