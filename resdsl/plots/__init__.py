"""Figures about nets: what is drawn is data (`model`), where it comes from (`figures`), and Matplotlib draws it."""
