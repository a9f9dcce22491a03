"""Lets these tests share their time-stamp service (`stamp_kit.py`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
