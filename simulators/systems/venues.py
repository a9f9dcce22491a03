"""Rooms and seats of a trading centre: what is free when, and who has reserved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.message import wall
from simulators.desk import Refusal

LONGEST = timedelta(days=30)
PROVINCE = "62"
# kind -> letter of the room number, how many rooms, seats of the first one
_KINDS = {
    "opening-room": ("K", 3, 40),
    "evaluation-room": ("P", 3, 9),
    "negotiation-room": ("T", 1, 12),
    "auction-hall": ("M", 1, 80),
    "isolation-room": ("G", 1, 6),
}
_ZH = {
    "opening-room": "开标",
    "evaluation-room": "评标",
    "negotiation-room": "谈判",
    "auction-hall": "竞价",
    "isolation-room": "隔离",
}
_NUMBERS = "一二三"


@dataclass(frozen=True, slots=True)
class Room:
    """One room in the standard's words."""

    code: str
    name: str
    kind: str
    region: str
    capacity: int


@dataclass(slots=True)
class Reservation:
    """A room for a time; `told` is what was answered to the request that made it."""

    number: str
    room: str
    start: datetime
    end: datetime
    state: str = "confirmed"


class VenueRegister:
    """The rooms of one centre; the province's stands for every region."""

    def __init__(self, system: str, region: str) -> None:
        self._system, self._region = system, region
        self._rooms = {room.code: room for room in _rooms(system, region)}
        self._reservations: dict[str, Reservation] = {}
        self._asked: dict[str, dict[str, Any]] = {}

    def venues(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Free rooms of a kind; raises Refusal when there can be none or are none."""
        if not self._covers(str(asked["TRA_PLACE_CODE"])):
            raise Refusal("venue.region-unknown")
        start, end = _period(asked, "venue.period")
        least = int(asked.get("capacity") or 0)
        free = [
            room
            for room in self._rooms.values()
            if room.kind == asked["venueKind"]
            and room.capacity >= least
            and self._free(room.code, start, end)
        ]
        if not free:
            raise Refusal("venue.none-free")
        return {"venues": [_shown(room) for room in free], "asOf": wall(now)}

    def seats(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Free evaluation seats in the regions asked for."""
        start, end = _period(asked, "seat.period")
        here = not asked.get("regions") or any(self._covers(region) for region in asked["regions"])
        rooms = [
            r for r in self._rooms.values() if r.kind == "evaluation-room" and self._free(r.code, start, end)
        ]
        seats = [
            {
                "seatCode": f"{room.code}-{number:02d}",
                "regionCode": room.region,
                "venueCode": room.code,
                "state": "free",
            }
            for room in (rooms if here else [])
            for number in range(1, room.capacity + 1)
        ]
        if len(seats) < int(asked["seatCount"]):
            raise Refusal("seat.not-enough")
        return {"seats": seats, "freeCount": len(seats), "asOf": wall(now)}

    def reserve(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Reserve, change or cancel; the same request number again gets the first answer."""
        number = str(asked["requestNo"])
        if number not in self._asked:
            self._asked[number] = self._reserve(asked, now)
        return self._asked[number]

    def _reserve(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        start, end = _period(asked, "venue.period")
        old = self._reservations.get(str(asked.get("reserveNo") or ""))
        if asked["action"] != "reserve" and old is None:
            raise Refusal("venue.reserve-unknown")
        if asked["action"] == "cancel" and old is not None:
            old.state = "cancelled"
            return _answer(old)
        room = str(asked["venueCode"])
        if room not in self._rooms or not self._free(room, start, end, but=old):
            raise Refusal("venue.taken")
        if old is not None:
            old.room, old.start, old.end = room, start, end
            return _answer(old)
        number = f"YY{now:%Y%m%d}{len(self._reservations) + 1:04d}"
        made = self._reservations[number] = Reservation(number, room, start, end)
        return _answer(made)

    def _covers(self, region: str) -> bool:
        if self._region.startswith(PROVINCE) and self._region.endswith("0000"):
            return region.startswith(PROVINCE)
        return region[:4] == self._region[:4]

    def _free(self, room: str, start: datetime, end: datetime, but: Reservation | None = None) -> bool:
        return not any(
            held.room == room and held.state != "cancelled" and held.start < end and start < held.end
            for held in self._reservations.values()
            if held is not but
        )


def _rooms(system: str, region: str) -> list[Room]:
    return [
        Room(
            f"{system}-{letter}{n + 1:02d}",
            f"{_ZH[kind]}{_NUMBERS[n]}室",
            kind,
            region,
            max(4, seats - 8 * n),
        )
        for kind, (letter, count, seats) in _KINDS.items()
        for n in range(count)
    ]


def _shown(room: Room) -> dict[str, Any]:
    return {
        "venueCode": room.code,
        "name": room.name,
        "regionCode": room.region,
        "venueKind": room.kind,
        "capacity": room.capacity,
    }


def _answer(held: Reservation) -> dict[str, Any]:
    return {"reserveNo": held.number, "state": held.state, "resultState": "done"}


def _period(asked: dict[str, Any], refusal: str) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(str(asked[name])) for name in ("startTime", "endTime"))
    if not start < end or end - start > LONGEST:
        raise Refusal(refusal)
    return start, end
