"""Colours for `.res` texts: a lexer for Pygments, and so for Sphinx, MkDocs, LaTeX's minted and rich.

Pygments finds it as `resdsl` or `res`, once `resdsl[highlight]` is installed.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
)

from resdsl.syntax.keywords import CONSTANT_WORDS, ITEM_WORDS, KEYWORDS, OPERATOR_WORDS, PREDEFINED_VALUES

FUNCTIONS = (
    "floor", "ceil", "round", "min", "max", "sum", "len", "abs", "log2", "range", "enumerate", "zip", "divisible",
)  # fmt: skip
"""The predefined functions."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAIN_WORDS = tuple(sorted(KEYWORDS - ITEM_WORDS - CONSTANT_WORDS - OPERATOR_WORDS))


class ResLexer(RegexLexer):
    """Knows the form of the words around a name, not what the name stands for."""

    name = "resdsl"
    aliases: ClassVar = ["resdsl", "res"]
    filenames: ClassVar = ["*.res"]
    mimetypes: ClassVar = ["text/x-resdsl"]
    url = "https://pypi.org/project/resdsl/"
    version_added = ""

    tokens: ClassVar = {
        "root": [
            (r"\s+", Whitespace),
            (r"#[^\r\n]*", Comment.Single),
            (r'"', String.Double, "string"),
            # what a definition defines, and names that keywords introduce; they may be keywords themselves
            (rf"\b(block|model)([ \t]+)({_NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (rf"\b(let)([ \t]+)({_NAME})(?=\()", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (rf"\b(let)([ \t]+)({_NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Variable)),
            (r"\b(use)([ \t]+)(std)\b", bygroups(Keyword.Namespace, Whitespace, Name.Namespace)),
            (r"\buse\b", Keyword.Namespace),
            (rf"\b(expect)([ \t]+)({_NAME})", bygroups(Keyword, Whitespace, Name.Property)),
            (rf"\b(stage|region|aux|shared)([ \t]+)({_NAME})", bygroups(Keyword, Whitespace, Name.Label), "holes"),
            (rf"\b(keep|from|output)([ \t]+)({_NAME})", bygroups(Keyword, Whitespace, Name.Variable), "holes"),
            (rf"{_NAME}(?=(\[\s*\])?[ \t]*:)", Name.Label),
            (rf"{_NAME}(?=\{{)", Name.Label, "holes"),
            (r"(?<=[\w)\]][ \t])x(?=[ \t]+[\w({])", Operator.Word),
            # words
            (words(tuple(sorted(ITEM_WORDS)), prefix=r"\b", suffix=r"\b"), Keyword.Declaration),
            (words(tuple(sorted(CONSTANT_WORDS)), prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (words(tuple(sorted(OPERATOR_WORDS)), prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"\b(in|out)(?=\.)", Name.Builtin.Pseudo),
            (words(_PLAIN_WORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(FUNCTIONS, prefix=r"\b", suffix=r"(?=\()"), Name.Builtin),
            (rf"{_NAME}(?=[ \t]*=(?!=))", Name.Attribute),
            (words(tuple(sorted(PREDEFINED_VALUES)), prefix=r"\b", suffix=r"\b"), Name.Builtin.Pseudo),
            (rf"{_NAME}(?=\()", Name.Function),
            (_NAME, Name),
            # the rest
            (r"[0-9]+(x[0-9]+)+", Number.Integer),
            (r"[0-9][0-9_]*(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)[KMG]?", Number.Float),
            (r"[0-9][0-9_]*[KMG]?", Number.Integer),
            (r"->|[<>=!]=|//|[-+*/%^<>=~|]", Operator),
            (r"[{}()\[\],:;.]", Punctuation),
            (r".", Text),
        ],
        "string": [
            (r"\{\{|\}\}", String.Escape),
            (r"\{", String.Interpol, "hole"),
            (r'"', String.Double, "#pop"),
            (r'[^"{}\r\n]+', String.Double),
            (r"\}", String.Double),
            default("#pop"),  # never closed: the line ends it
        ],
        "holes": [
            (r"\{", String.Interpol, "hole"),
            (r"[A-Za-z0-9_]+", Name.Label),
            default("#pop"),
        ],
        "hole": [
            (r"\}", String.Interpol, "#pop"),
            (r'(?=["\r\n])', Text, "#pop"),
            include("root"),
        ],
    }
