"""旧平台 HTTP 接口: one table of fields under two shells, a session or a signed request.

Forms are percent-encoded without a bare plus; an answer may be URL-encoded JSON, JSON, or hold JSON
in a string.
"""

from adapters.legacy_http.dialect import LegacyHttp
from hub.ports import Dialect

DIALECT: Dialect = LegacyHttp()

__all__ = ["DIALECT"]
