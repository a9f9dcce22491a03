"""A made-up month of a province, 65 to 94: sound samples spoiled by habits that are mended step by step.

The story knows nothing of weights, credits or windows; it sends records as platforms of that kind would,
lets the real checker accept or refuse them, and leaves the score to the score.
"""

from hub.quality.story.province import FIRST, LAST, PLATFORMS, SEED, tell

__all__ = ["FIRST", "LAST", "PLATFORMS", "SEED", "tell"]
