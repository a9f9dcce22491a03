"""The national form's own columns: DATA_KEY, DATA_NO and the codes of the platform, made from tables.

They are made on the way in and never read on the way out: the envelope does not have them, so a round
trip neither needs them nor may depend on them. Form of DATA_KEY after
`reference/domain-data.md` 3.5 (sourced: FJ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.standard.bindings.table_layout import DataTable

DATA_KEY_LENGTH = 22
# The numbers of the engineering board also name their platforms at the tendering public service platform.
ENGINEERING = "engineering"


@dataclass(frozen=True, slots=True)
class Registration:
    """What a sender was given when it was registered; the codes are not members of the envelope."""

    system_no: str
    platform_code: str = ""
    pub_service_plat_code: str = ""
    trade_plat: str = ""
    pub_service_plat: str = ""
    route_way: str = ""


def data_key(system_no: str, data_no: str, day: str, sequence: int) -> str:
    """SYSTEM_NO(4) + DATA_NO(3 or 4) + yyyyMMdd + sequence (7 or 6), 22 characters; ValueError otherwise."""
    room = DATA_KEY_LENGTH - 4 - len(data_no) - 8
    digits = f"{sequence:0{room}}"
    if len(system_no) != 4 or len(data_no) not in (3, 4) or re.fullmatch("[0-9]{8}", day) is None:
        raise ValueError(f"DATA_KEY of {system_no!r}, {data_no!r}, {day!r}")
    if sequence < 0 or len(digits) > room:
        raise ValueError(f"sequence {sequence} needs more than {room} digits")
    return f"{system_no}{data_no}{day}{digits}"


def national(table: DataTable, registration: Registration, data_key: str) -> Iterator[tuple[str, str]]:
    """The cells of the national columns; those without a value are left out."""
    cells = {
        "DATA_KEY": data_key, "DATA_NO": table.dataset.number, "DATA_EN": table.dataset.name,
        "DATA_CN": table.stage.zh, "ROUTE_WAY": registration.route_way,
        "PLATFORM_CODE": registration.platform_code,
        "PUB_SERVICE_PLAT_CODE": registration.pub_service_plat_code,
    }  # fmt: skip
    if table.stage.category == ENGINEERING:
        cells |= {"TRADE_PLAT": registration.trade_plat, "PUB_SERVICE_PLAT": registration.pub_service_plat}
    yield from ((name, cell) for name, cell in cells.items() if cell)
