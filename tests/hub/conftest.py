"""Lets the tests of the hub's core share their kit (`core_kit.py`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
