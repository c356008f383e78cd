"""What the library defines, and what is said of a name that nothing defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from resdsl.diagnostics import Edit, Fix
from resdsl.diagnostics.suggest import Respelling, respelling
from resdsl.resources import root
from resdsl.source import Source, Span
from resdsl.syntax import tree

LIBRARY = "std:"
"""What the names of the library's files begin with, in messages."""

_DEFINITION = re.compile(r"^(?:block|model|let)[ \t]+(\w+)", re.MULTILINE)


def is_library(source: Source) -> bool:
    """Whether a text is one that ships: nothing is mended in it, and its faults are shown where it was called too."""
    return source.name.startswith(LIBRARY)


@cache
def library_names() -> dict[str, str]:
    """The names that the library defines, each with its file. The files are not parsed for it."""
    found: dict[str, str] = {}
    for path in sorted(root("library").resolve().glob("*.res")):
        for name in _DEFINITION.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, path.name)
    return found


def unknown(name: str, span: Span, names: Iterable[str], file: tree.File, *, step: bool = False) -> Respelling:
    """For a name that is unknown in a file, perhaps of a step: the library's import, PyTorch's name, or a near one."""
    if name in library_names():
        help_ = f"the library has it: `use std: {name}` at the top of the file"
        fix = Fix(f"write `use std: {name}`", (import_edit(name, file),), safe=True) if file.items else None
        return {"help": help_, "fixes": (fix,) if fix else ()}
    layer = _LAYERS.get(name.removesuffix("1d").removesuffix("2d").removesuffix("3d"))
    if step and layer is not None and name[:1].isupper():
        channels = "; input channels are never written" if name.startswith(_WITH_CHANNELS) else ""
        return {"help": f"PyTorch's {name} is {layer} here{channels}", "fixes": ()}
    otherwise = (
        f"nothing is called so: `block {name}(...) {{ ... }}` would define it"
        if step
        else "add a parameter or a `let` of this name: a block sees its own names and those of its file"
    )
    here = respelling(name, span, {*names, "true", "false"}, otherwise)
    return here if here["fixes"] or not step or not file.items else _misspelt(name, span, file) or here


def _misspelt(name: str, span: Span, file: tree.File) -> Respelling | None:
    """For a name that is near to one of the library's: that one, written and imported."""
    fixes = []
    for fix in respelling(name, span, library_names())["fixes"]:
        meant = fix.edits[0].text
        message = f"write `{meant}`, and import it with `use std: {meant}`"
        fixes.append(Fix(message, (*fix.edits, import_edit(meant, file)), fix.safe))
    return {"help": f"did you mean the library's? {fixes[0].message}", "fixes": tuple(fixes)} if fixes else None


_LAYERS = {
    "Conv": "conv(k, width)", "ConvTranspose": "deconv(k, width)", "BatchNorm": "bn", "GroupNorm": "gn(groups)",
    "LayerNorm": "ln", "InstanceNorm": "instance_norm", "ReLU": "relu", "SiLU": "silu", "GELU": "gelu",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "MaxPool": "maxpool(k)", "AvgPool": "avgpool(k)",
    "AdaptiveAvgPool": "avgpool", "Linear": "linear(width)", "Dropout": "dropout(p)", "Flatten": "flatten",
    "Upsample": "upsample(factor)", "Sequential": "`a -> b -> c`", "Identity": "identity",
}  # fmt: skip
"""What PyTorch calls its layers."""
_WITH_CHANNELS = ("Conv", "BatchNorm", "InstanceNorm", "Linear")


def import_edit(name: str, file: tree.File) -> Edit:
    """Takes a name from the library: beside others of it, else below all imports, else above all definitions."""
    uses = [item for item in file.items if isinstance(item, tree.Use)]
    shared = next((use for use in uses if use.path is None), None)
    if shared is not None:
        end = shared.names[-1].span.end
        return Edit(Span(file.source, end, end), f", {name}")
    if uses:
        end = uses[-1].span.end
        return Edit(Span(file.source, end, end), f"\nuse std: {name}")
    start = file.items[0].span.start
    return Edit(Span(file.source, start, start), f"use std: {name}\n\n")
