"""Graph to PyTorch source."""

from resdsl.backends.torch.emit import emit

__all__ = ["emit"]
