"""`python -m resdsl`."""

from __future__ import annotations

import sys

from resdsl.cli import main

if __name__ == "__main__":
    sys.exit(main())
