"""Channels that must divide into equal groups: what to say where they do not."""

from __future__ import annotations

from math import gcd

from resdsl.diagnostics import Fault

_REACH = 4_096
"""So far is looked for a number of groups that divides: numbers in a spec may be of any length."""


def groups_fault(
    channels: int,
    groups: int,
    what: str = "channels",
    *,
    among: tuple[int, ...] = (),
    argument: str = "groups",
    parts: str = "groups",
) -> Fault:
    """E303: `channels` do not divide into `groups`. `among` are all numbers of channels that must divide."""
    every = among or (channels,)
    near = near_divisors(gcd(*every), groups)
    below = channels // groups * groups
    widths = _either([str(n) for n in (below, below + groups) if n])
    counted = " and ".join(str(n) for n in dict.fromkeys(every))
    fitting = f"no number of {parts} near {groups} divides {counted} channels: change a width"
    if near != (1,):
        fitting = (
            f"use {_either([str(n) for n in near])} {parts}, which divide{'s' * (len(near) == 1)} {counted} channels"
        )
    return Fault(
        "E303",
        f"{channels} {what} do not divide into {groups} {parts}",
        argument=argument,
        notes=[f"{channels} / {groups} leaves {channels % groups}; {widths} channels would divide"],
        help=fitting,
        instead=[str(n) for n in near],
    )


def near_divisors(number: int, wanted: int) -> tuple[int, ...]:
    """The divisors of a number next to `wanted`, one below and one above where there are such; the nearer first."""
    below = next((n for n in range(wanted - 1, max(0, wanted - _REACH), -1) if number % n == 0), None)
    above = next((n for n in range(wanted + 1, min(number, wanted + _REACH) + 1) if number % n == 0), None)
    found = [n for n in (below, above) if n is not None and n > 1]
    return tuple(sorted(found, key=lambda n: abs(n - wanted)) or (1,))


def _either(words: list[str]) -> str:
    return " or ".join(words)
