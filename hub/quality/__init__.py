"""数据质量评分: how complete, timely, right and well mended the records of each platform are, day by day.

A pure core: records, configuration and day come in, a score with every deduction explained goes out.
"""

from hub.quality.config import QualityConfig, QualityConfigError
from hub.quality.loading import installed, load
from hub.quality.model import Deduction, Dimension, Measured, Noted, PlatformScore, QualityRecord
from hub.quality.reader import Export, ExportFault, read_lines
from hub.quality.score import score, scores
from hub.quality.series import Series, series

__all__ = [
    "Deduction",
    "Dimension",
    "Export",
    "ExportFault",
    "Measured",
    "Noted",
    "PlatformScore",
    "QualityConfig",
    "QualityConfigError",
    "QualityRecord",
    "Series",
    "installed",
    "load",
    "read_lines",
    "score",
    "scores",
    "series",
]
