"""Texts of pictures: escaped, and numbers as a person reads them.

Every text from a spec passes `escape` and stands in an HTML-like label; identifiers in DOT are our own.
"""

from __future__ import annotations

import unicodedata
from html import escape as escape_html

from resdsl.shapes import Axes, Shape, short

LONGEST = 40
"""Characters of a name in a picture; what is longer loses its middle."""


def clip(name: str) -> str:
    """A user's name, no longer than `LONGEST`."""
    half = LONGEST // 2
    return name if len(name) <= LONGEST else f"{name[:half]}…{name[-half + 1 :]}"


def escape(text: str) -> str:
    """Text for an HTML-like label: markup inert, no character that XML refuses or that turns the direction of text.

    Never empty: Graphviz refuses an empty element.
    """
    clean = "".join("\ufffd" if _unsafe(character) else character for character in text)
    # Graphviz puts names in place of `\N`, `\G` and the like, in HTML-like labels too.
    return escape_html(clean).replace("\\", "\\\\") if clean.strip() else "\u00a0"


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


def size(axes: Axes | tuple[str, ...] | int) -> str:
    """`3×3`, `7×1`; a number stays one."""
    return str(axes) if isinstance(axes, int) else "×".join(str(n) for n in axes)


def shape(value: Shape) -> str:
    """`256 × 56²`, `64 × 32×48`, `1000`."""
    if not value.size or max(value.size) == 1:
        return str(value.channels)
    equal = short(value.size)
    power = {1: "", 2: "²", 3: "³"}.get(value.dims)
    spatial = f"{equal}{power}" if isinstance(equal, int) and power is not None else size(value.size)
    return f"{value.channels} × {spatial}"


def params(count: int) -> str:
    """`25.6 M params`."""
    return f"{_scaled(count)} params"


def macs(count: int) -> str:
    """`4.09 GMACs`, `40.6 MMACs`."""
    for unit, size_of, least in (("G", 10**9, 10**8), ("M", 10**6, 10**5), ("k", 10**3, 10**3)):
        if count >= least:
            return f"{_digits(count / size_of)} {unit}MACs"
    return f"{count} MACs"


def chances(low: float, high: float) -> str:
    """`p = 0.83`, `p = 0.99 … 0.5`, from the first block to the last."""
    return f"p = {low:.3g}" if low == high else f"p = {low:.3g} … {high:.3g}"


def _scaled(count: int) -> str:
    if count >= 10**5:
        return f"{_digits(count / 10**6)} M"
    return f"{_digits(count / 10**3)} k" if count >= 10**3 else str(count)


def _digits(value: float) -> str:
    """Three figures, at most two decimals."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"
