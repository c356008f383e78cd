"""What the generated pages share: pictures that carry the digest of what they were drawn from.

Whether a picture is up to date follows from that digest, for every version of Graphviz, of Matplotlib and of the fonts
draws a little differently.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def mark(what: str, text: str) -> str:
    """The last line of a picture that was drawn from a text (`what` it is)."""
    return f"<!-- {what} sha256 {hashlib.sha256(text.encode()).hexdigest()} -->\n"


def is_of(picture: Path, line: str) -> bool:
    """Whether the picture is there and ends with that line."""
    return picture.is_file() and picture.read_text(encoding="utf-8").endswith(line)
