"""Asks a running hub for the records a score is made of, page by page, as whoever `--as` names.

`GET /v1/quality/records?to=DAY&cursor=C` -> `{"records": [...], "next": C or null}`, rows as in an export.
The hub gives a platform its own records and the centre all that are unsealed; a sealed one to nobody.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from hub.client import HubClient
from hub.errors import SenderError, SettingsError

PATH = "/v1/quality/records"
PAGES = 10_000  # more than any month of a province; a hub that never ends must not hold us


def fetch(client: HubClient, last: date | None) -> list[Any]:
    """All rows up to a day: earlier ones belong to it, since stages fall due from them.

    Raises UnreachableError, SenderError when refused, SettingsError when the hub has no such interface.
    """
    rows: list[Any] = []
    cursor = ""
    for _ in range(PAGES):
        asked = {"to": last.isoformat() if last else "", "cursor": cursor}
        query = urlencode({name: value for name, value in asked.items() if value})
        reply = client.ask("GET", f"{PATH}?{query}" if query else PATH)
        if reply.status == 404:
            raise SettingsError(
                "此平台没有质量记录接口,请给出导出文件 / this hub gives out no records, name a FILE"
            )
        if not reply.ok:
            detail = str(reply.document.get("detail") or reply.status)
            raise SenderError(detail, code=reply.code or "hub.refused", status=reply.status)
        found, following = reply.document.get("records"), reply.document.get("next")
        if not isinstance(found, list):
            raise SettingsError(f"{PATH}: 应答不是记录列表 / not a list of records")
        rows += found
        if not isinstance(following, str) or following in ("", cursor):
            break
        cursor = following
    return rows
