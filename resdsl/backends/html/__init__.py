"""The HTML backend: a net as a page of its own, and as a piece of a notebook's page."""

from __future__ import annotations

from resdsl.backends.html.fragment import figures, picture
from resdsl.backends.html.page import page

__all__ = ["figures", "page", "picture"]
