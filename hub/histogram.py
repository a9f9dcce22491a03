"""A histogram with fixed bounds, as Prometheus counts them: each bucket holds all that is not above it."""

from __future__ import annotations

from dataclasses import dataclass, field

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class Histogram:
    """Seconds."""

    bounds: tuple[float, ...] = BOUNDS
    total: float = 0.0
    count: int = 0
    _within: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))

    def observe(self, value: float) -> None:
        self.total += value
        self.count += 1
        for place, bound in enumerate(self.bounds):
            if value <= bound:
                self._within[place] += 1

    def exposed(self, name: str) -> dict[str, float]:
        found = {
            f'{name}_bucket{{le="{bound:g}"}}': float(count)
            for bound, count in zip(self.bounds, self._within, strict=True)
        }
        return {
            **found,
            f'{name}_bucket{{le="+Inf"}}': float(self.count),
            f"{name}_sum": round(self.total, 3),
            f"{name}_count": float(self.count),
        }
