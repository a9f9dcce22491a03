"""The short forms of what `make bench` does at length: the same code, a few seconds each."""

import sys
from pathlib import Path

BENCH = Path(__file__).parents[3] / "bench"
sys.path.insert(0, str(BENCH))
