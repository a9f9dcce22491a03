"""T01, the reference third-party trading system: what the standard asks of a system, and nothing more."""

from simulators.systems.t01.system import ReferenceSystem
from simulators.systems.t01.variants import VARIANTS

__all__ = ["VARIANTS", "ReferenceSystem"]
