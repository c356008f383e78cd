"""The words of the language that are no plain names."""

from __future__ import annotations

ITEM_WORDS = frozenset({"use", "block", "model", "let"})
"""What a definition at file level begins with."""

STATEMENT_WORDS = frozenset({
    "let", "require", "default", "input", "output", "survival", "expect", "if", "for", "shared", "stage", "region",
    "residual", "dense", "add", "mul", "concat", "mean", "keep", "from", "aux",
})  # fmt: skip
"""What a statement in braces may begin with, calls and labels aside."""

CLAUSE_WORDS = frozenset({"shortcut", "gate", "carry", "per", "rescale", "else", "in", "then"})
OPERATOR_WORDS = frozenset({"or", "and", "not"})
CONSTANT_WORDS = frozenset({"true", "false"})

KEYWORDS = ITEM_WORDS | STATEMENT_WORDS | CLAUSE_WORDS | OPERATOR_WORDS | CONSTANT_WORDS
"""Plain names as labels and after `stage`, `keep`, `from` and the like; never parameters, values or blocks."""

PREDEFINED_VALUES = frozenset({"channels", "size", "in", "out", "l", "L", "none", "auto"})
"""Names with a meaning of their own, which nobody may redefine (operators and functions aside)."""
