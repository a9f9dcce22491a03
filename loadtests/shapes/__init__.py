"""The shapes by name; each is one file, with its objectives as rows of `objectives.csv`."""

from __future__ import annotations

from loadtests.shapes.deadline_rush import SHAPE as DEADLINE_RUSH
from loadtests.shapes.ordinary import SHAPE as ORDINARY
from loadtests.shapes.ramp_to_knee import SHAPE as RAMP_TO_KNEE
from loadtests.shapes.shape import Act, Op, Phase, Shape
from loadtests.shapes.smoke import SHAPE as SMOKE

SHAPES: dict[str, Shape] = {shape.id: shape for shape in (SMOKE, ORDINARY, DEADLINE_RUSH, RAMP_TO_KNEE)}

__all__ = ["SHAPES", "Act", "Op", "Phase", "Shape"]
