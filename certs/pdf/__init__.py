"""Signed PDF files (ISO 32000-2, 12.8). The file's structure is pyHanko's matter, the judgement ours.

Needs the extra `pdf`; without it `verify_pdf` says so.
"""

from certs.pdf.signing import finish_pdf, prepare_pdf
from certs.pdf.verify import verify_pdf

__all__ = ["finish_pdf", "prepare_pdf", "verify_pdf"]
