"""Variants of our own net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.runtime.bench.calls import Forward
from resdsl.runtime.bench.job import LeftOut
from resdsl.runtime.bench.peers import channels_last

if TYPE_CHECKING:
    from torch import nn

    from resdsl.runtime.bench.bed import Bed


def plain(net: nn.Module, bed: Bed) -> Forward:
    """The module that `resdsl compile` writes, as it is."""
    if not bed.peer:
        raise LeftOut("it is eager itself: no library's network is known to be the same")
    return net


def plain_channels_last(net: nn.Module, bed: Bed) -> Forward:
    """The module that `resdsl compile` writes, in channels-last layout."""
    return channels_last(net, bed)
