"""What the three shortcuts of the ResNet paper cost: options A, B and C of its section 3.3, by the shipped specs.

Run it with `python examples/03_compare_shortcuts.py`.
"""

from __future__ import annotations

import resdsl

OPTIONS = {
    "A: identity, zeros for new channels": "resnet34_a",
    "B: projection where the shape changes": "resnet34",
    "C: every shortcut a projection": "resnet34_c",
    "none: the plain net": "plain34",
}


def main() -> None:
    print(f"{'shortcut':<40}{'parameters':>12}{'GMACs':>8}{'units':>7}")
    for option, name in OPTIONS.items():
        summary = resdsl.load(name).summary()
        print(f"{option:<40}{summary.params:>12,}{summary.macs / 1e9:>8.3f}{summary.units:>7}")


if __name__ == "__main__":
    main()
