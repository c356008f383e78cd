"""Layers and functions that generated files for inference define: real code, and read as text.

`cpu.py`, `cuda.py` and what they share are never imported here; a definition is copied into a file that uses it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

Target = str
"""`cpu` or `cuda`: which file's definitions a source gets."""


def definitions(target: Target, body: str) -> list[str]:
    """The definitions that a text uses, those that they use included, in the file's order."""
    known = _texts(target)
    wanted: set[str] = set()
    waiting = [body]
    while waiting:
        text = waiting.pop()
        for name in set(re.findall(r"\b\w+\b", text)) & known.keys() - wanted:
            wanted.add(name)
            waiting.append(known[name])
    return [text for name, text in known.items() if name in wanted]


def names(target: Target) -> frozenset[str]:
    """What a file defines: names that generated classes must not have."""
    return frozenset(_texts(target))


@cache
def _texts(target: Target) -> dict[str, str]:
    """Each definition of the common file, then of the device's, by its name: a class stands after its base."""
    return {name: text for file in ("common", target) for name, text in _definitions(file)}


def _definitions(file: str) -> Iterator[tuple[str, str]]:
    text = (Path(__file__).parent / f"{file}.py").read_text("utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, "\n".join(lines[first - 1 : node.end_lineno])
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, "\n".join(lines[node.lineno - 1 : node.end_lineno])
