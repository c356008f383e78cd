"""The catalogue of codes: 0xx syntax, 1xx names, 2xx values, 3xx shapes, 4xx graph, 5xx lints, 6xx backends."""

from __future__ import annotations

CODES: dict[str, str] = {
    "E020": "the file is not UTF-8",
    "E021": "the file is too large",
    "E301": "merge of unequal shapes",
    "E302": "wrong number of axes for an operator",
    "E303": "groups do not divide the channels",
    "E304": "a window does not fit",
    "E305": "a per-axis argument has the wrong number of axes",
    "E306": "an even window needs its padding written",
    "E307": "channels outside a value",
    "E308": "another number of elements",
    "E309": "padding that PyTorch's pools cannot do",
    "E310": "an interpolation for another number of axes",
    "E311": "arguments that exclude each other",
}
