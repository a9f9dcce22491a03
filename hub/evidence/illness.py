"""What the doctor looks at: is there a time-stamp service, can it be believed, how late are its stamps?"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from certs.model.certificate import read_certificate
from hub.errors import SettingsError
from hub.evidence.belief import read_trust
from hub.evidence.standing import REQUIRED, Standing, standing
from hub.index.questions import SqliteIndex
from hub.journal.sqlite import FILE
from hub.settings import SANDBOX, Settings

_SOON_DAYS = 60


def examined(settings: Settings, now: datetime) -> list[tuple[str, str]]:
    """(level, zh) of everything about time stamps; the hub may be running."""
    service = settings.stamps_from
    if not service:
        return [("warn", "不加盖时间戳(tsa_url):证明中的时间只由枢纽自己声明")]
    if service == SANDBOX:
        return [("ok", "内置沙箱时间戳,仅供演示,对外没有证明力"), *_late(settings, now)]
    return [*_belief(settings, now), *_late(settings, now)]


def _belief(settings: Settings, now: datetime) -> list[tuple[str, str]]:
    assert settings.tsa_certificates is not None  # noqa: S101 - the settings were checked
    try:
        trust = read_trust(settings.tsa_certificates, settings.tsa_crls, realm=settings.realm)
    except SettingsError as error:
        return [("fail", error.detail)]
    ends = min(read_certificate(raw).not_after for raw in (*trust.anchors, *trust.intermediates))
    left = (ends - now).days
    if left < _SOON_DAYS:
        return [("warn", f"时间戳信任证书将于 {ends:%Y-%m-%d} 到期:请先归档、续盖(evidence archive | renew)")]
    unsure = "" if settings.tsa_crls else ",未给 CRL,吊销状态不查"
    return [("ok", f"时间戳服务 {settings.tsa_url},信任证书至 {ends:%Y-%m-%d}{unsure}")]


def _late(settings: Settings, now: datetime) -> list[tuple[str, str]]:
    found = _standing(settings, now)
    if found is None:
        return []
    if found.overdue:
        level = "fail" if settings.tsa_policy == REQUIRED else "warn"
        return [
            (level, f"时间戳已缺失 {found.late / 60:.0f} 分钟,超过宽限 {settings.tsa_grace / 60:.0f} 分钟")
        ]
    if found.age is None:
        return [("ok", "尚无时间戳")]
    return [("ok", f"最新时间戳在 {found.age / 60:.0f} 分钟前,覆盖 {found.size} 条记录")]


def _standing(settings: Settings, now: datetime) -> Standing | None:
    """None before the first start, and for an index of an older version (the hub brings it up to date)."""
    file = settings.data / FILE
    if not file.exists():
        return None
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return standing(
            SqliteIndex(connection).evidence,
            int(now.timestamp() * 1e6),
            policy=settings.tsa_policy,
            service=settings.stamps_from,
            grace=settings.tsa_grace,
        )
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
