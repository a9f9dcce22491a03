"""What a run has shown, as one JSON document and one page that needs nothing else."""

from loadtests.report.document import document
from loadtests.report.page import page

__all__ = ["document", "page"]
