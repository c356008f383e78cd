"""Write resdsl/syntax/table.json from grammars/resdsl.lark: `python tools/parser_table.py`."""

from __future__ import annotations

import json

from resdsl.resources import root
from resdsl.syntax.grammar import TABLE, generate


def main() -> None:
    data = generate((root("grammars") / "resdsl.lark").read_text(encoding="utf-8"))
    lines = []
    for key, value in data.items():
        rows = value if key in {"states", "rules", "terminals"} else None
        text = json.dumps(value) if rows is None else "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        lines.append(f'"{key}": {text}')
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
