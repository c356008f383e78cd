"""Graph to numbers, never a new graph."""
