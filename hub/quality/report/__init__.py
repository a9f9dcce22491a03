"""The score told: one JSON document, and text and a page made of nothing but that document."""

from hub.quality.report.document import document
from hub.quality.report.page import page
from hub.quality.report.text import text
from hub.quality.report.view import seen_by

__all__ = ["document", "page", "seen_by", "text"]
