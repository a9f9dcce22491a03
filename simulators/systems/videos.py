"""Witness videos: addresses that live for minutes, given to those who may look, a few at a time."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

from certs.identity import uscc_ok
from hub.message import wall
from simulators.desk import Refusal
from simulators.state import Ledger

QUOTA = 16
_PLACE = re.compile(r"[A-Z0-9]{2,6}-[A-Z][0-9]{2}")
_CAMERAS = ("room", "seat", "screen", "corridor")


class VideoRegister:
    """Recordings of every place with a number of the usual shape; `minutes` is the life of an address."""

    def __init__(self, system: str, minutes: int) -> None:
        self._system, self._life = system, timedelta(minutes=minutes)
        self._given: list[datetime] = []
        self._serial = 0

    def look_up(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Addresses of a place's cameras at a time; raises Refusal with the service's error."""
        place, start = str(asked["placeCode"]), datetime.fromisoformat(str(asked["startTime"]))
        if not _PLACE.fullmatch(place):
            raise Refusal("video.place-unknown")
        if not uscc_ok(str(asked.get("viewer.unitCode") or "")):
            raise Refusal("video.not-authorised")
        if start > now:
            raise Refusal("video.not-recorded")
        self._given = [end for end in self._given if end > now]
        wanted = str(asked.get("camera") or "all")
        cameras = _CAMERAS if wanted == "all" else (wanted,)
        if len(self._given) + len(cameras) > QUOTA:
            raise Refusal("video.quota")
        end = now + self._life
        self._given += [end] * len(cameras)
        self._serial += 1
        return {
            "streams": [self._stream(place, camera, asked, end) for camera in cameras],
            "clockOffsetMs": 120,
            "expireTime": wall(end),
            "watermark": f"GS-{now:%Y%m%d}-{self._serial:02d}",
        }

    def _stream(self, place: str, camera: str, asked: dict[str, Any], end: datetime) -> dict[str, Any]:
        token = hashlib.sha256(f"{self._system}/{place}/{camera}/{self._serial}".encode()).hexdigest()[:16]
        told = {
            "address": f"https://video.example/live/{place}/{camera}?t={token}",
            "camera": camera,
            "startTime": asked["startTime"],
            "expireTime": wall(end),
        }
        return told | ({"endTime": asked["endTime"]} if asked.get("endTime") else {})


class EventRegister:
    """Supervision events by section: the highest number seen tells the sender whether one is missing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last: dict[str, int] = {}

    def take(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        section = str(
            asked.get("section.BID_SECTION_CODE") or asked.get("section.PURCHASE_SECTION_CODE") or ""
        )
        self._last[section] = max(self._last.get(section, 0), int(asked["sequence"]))
        return {
            "hubId": self._ledger.receipt(now),
            "receiptState": "accepted",
            "receivedTime": wall(now),
            "lastSequence": self._last[section],
        }
