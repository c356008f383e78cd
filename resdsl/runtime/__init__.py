"""Everything that needs torch: modules from source, verification. Import it only where torch is wanted."""

from resdsl.runtime.generated import build_module, build_seeded, load_source, model_class
from resdsl.runtime.rescaling import RescaleError, rescale_weights
from resdsl.runtime.verify import Verification, check_weights, verify

__all__ = [
    "RescaleError",
    "Verification",
    "build_module",
    "build_seeded",
    "check_weights",
    "load_source",
    "model_class",
    "rescale_weights",
    "verify",
]
