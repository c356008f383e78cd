"""resdsl: a text language for residual networks and their relatives, and its compiler."""
