"""What docs/weights.md shows is what is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import resdsl
from resdsl.runtime.weights import Mapping

PAGE = (Path(resdsl.__file__).parents[1] / "docs" / "weights.md").read_text(encoding="utf-8")


def test_its_mapping_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    mapping = Mapping.from_json(text)
    assert json.loads(mapping.to_json()) == json.loads(text)
    assert mapping.pairs[0].target in {key for key, _, _ in resdsl.load("resnet18").ir.weights()}
