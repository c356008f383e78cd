"""Names of generated classes: the language's names, as a person would spell them in Python."""

from __future__ import annotations

import re
from keyword import iskeyword


def class_name(name: str, text: str = "") -> str:
    """`pre_basic` becomes `PreBasic`. A word that `text` (the spec's header) spells its own way keeps it:
    `fractalnet20` is `FractalNet20` where the header says FractalNet.
    """
    spelled = {word.lower(): word for word in reversed(re.findall(r"[A-Za-z]+", text)) if not word.islower()}
    words = []
    for match in re.finditer(r"[A-Za-z]+|\d+", name):
        part = match.group()
        if len(part) == 1 and name[match.start() - 1 : match.start()].isdigit():
            words.append(part)  # 32x4d
            continue
        word = spelled.get(part.lower()) or _plural(spelled, part) or part
        words.append(word[:1].upper() + word[1:])
    joined = ""
    for word in words:
        joined += "_" + word if joined[-1:].isdigit() and word[:1].isdigit() else word
    if not joined or joined[0].isdigit() or iskeyword(joined):
        joined = f"Net{joined}"
    return joined


def _plural(spelled: dict[str, str], part: str) -> str | None:
    """`FractalNets` in the header tells how to spell `fractalnet`."""
    word = spelled.get(part.lower() + "s")
    return word[:-1] if word else None


class Names:
    """Hands out class names that never repeat: collisions are numbered in order of definition."""

    def __init__(self, reserved: set[str]) -> None:
        self.taken = set(reserved)

    def fresh(self, name: str) -> str:
        candidate, number = name, 1
        while candidate in self.taken:
            number += 1
            candidate = f"{name}{number}" if not name[-1].isdigit() else f"{name}_{number}"
        self.taken.add(candidate)
        return candidate
