"""UTCTime and GeneralizedTime."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from certs.model.der import GENERALIZED_TIME, UTC_TIME, MalformedError, Part, Reader

_FORM = re.compile(rb"(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d{1,9})?(Z|[+-]\d{4})?")


def read_time(reader: Reader, part: Part, *, generalized: bool = False) -> datetime:
    """The moment; `generalized` where the format wants GeneralizedTime in every year (OCSP)."""
    content = reader.content(part)
    if part.tag not in (UTC_TIME, GENERALIZED_TIME) or len(content) > 32:
        raise MalformedError("not a time")
    found = _FORM.fullmatch(content)
    year = 0 if found is None else int(found[1])
    if found is None or (len(found[1]) == 2) != (part.tag == UTC_TIME) or found[7] is None:
        raise MalformedError(f"not a time: {content!r}")
    if part.tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000
    elif year < 2050 and not generalized:
        reader.note("generalized-time-before-2050")
    if len(content) != (13 if part.tag == UTC_TIME else 15):
        reader.note("time-not-der")
    try:
        _, month, day, hour, minute, second, _ = found.groups(b"0")
        moment = datetime(year, int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        if found[7] != b"Z":
            shift = timedelta(hours=int(found[7][1:3]), minutes=int(found[7][3:5]))
            moment += shift if found[7][:1] == b"-" else -shift
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"not a time: {content!r}") from error
    return moment
