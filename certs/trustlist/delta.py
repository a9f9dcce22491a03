"""What has changed since a list somebody has: smaller than the list, and nothing to be believed by itself.

The signature in it is that of the new list, over the whole of it. So a delta that was made wrongly, or
is put on a list it was not made for, gives a list whose signature does not hold, and is refused.

`{"delta": {"version", "region", "base", "list", "without", "rows"}, "signature"}`: `base` is the digest of
the list it changes, `list` the members that are other than there, `without` those gone, and `rows` for
`cas` and `peers` the names in their order and the rows that are new or other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from certs.algorithms.digest import digest
from certs.model.der import MalformedError
from certs.trustlist.canonical import canonical, parse

VERSION = "1"
_NAMED = {"cas": "id", "peers": "region"}
_MEMBERS = frozenset(("version", "region", "base", "list", "without", "rows"))


class BaseError(Exception):
    """The delta is for another list than the one at hand: the full one is needed."""


def digest_of(data: bytes) -> str:
    """As a list is named: over its canonical bytes without the signature. Raises MalformedError."""
    return _digest(_whole(data)["list"])


def is_delta(data: bytes) -> bool:
    """Raises MalformedError for what is neither."""
    value = parse(data)
    return isinstance(value, dict) and "delta" in value


def difference(old: bytes, new: bytes) -> bytes:
    """From one signed list to another; raises MalformedError where one is none."""
    before, after = _whole(old)["list"], _whole(new)
    now = after["list"]
    rows = {name: _rows(before.get(name, []), now.get(name, []), key) for name, key in _NAMED.items()}
    told = {
        "version": VERSION,
        "region": now.get("region"),
        "base": _digest(before),
        "list": {
            name: value
            for name, value in now.items()
            if name not in _NAMED and (name not in before or before[name] != value)
        },
        "without": sorted(set(before) - set(now)),
        "rows": {name: one for name, one in rows.items() if name in now},
    }
    return _written({"delta": told, "signature": after["signature"]})


def region_of(data: bytes) -> str:
    """Whose list it is, or changes; "" where it does not say. Raises MalformedError."""
    value = parse(data)
    inner = (value.get("delta") or value.get("list")) if isinstance(value, dict) else None
    found = inner.get("region") if isinstance(inner, dict) else None
    return found if isinstance(found, str) else ""


def applied(base: bytes, delta: bytes) -> bytes:
    """The new list, to be examined like any. Raises BaseError, and MalformedError for what is no delta."""
    before, value = _whole(base)["list"], parse(delta)
    told = value.get("delta") if isinstance(value, dict) else None
    if not isinstance(told, dict) or set(told) != _MEMBERS or told["version"] != VERSION:
        raise MalformedError("not a delta of this version")
    if told["base"] != _digest(before):
        raise BaseError(str(told["base"])[:80])
    changed, gone, rows = told["list"], told["without"], told["rows"]
    if not isinstance(changed, dict) or not isinstance(gone, list) or not isinstance(rows, dict):
        raise MalformedError("a member of the delta is of another kind")
    after = {name: one for name, one in before.items() if name not in gone} | changed
    for name, one in rows.items():
        if name not in _NAMED:
            raise MalformedError("rows of something that has none")
        after[name] = _put(before.get(name, []), one, _NAMED[name])
    return _written({"list": after, "signature": value.get("signature")})


def _rows(before: Any, now: Any, key: str) -> dict[str, Any]:
    held = _by_name(before, key)
    order = list(_by_name(now, key))
    return {"order": order, "rows": [one for one in now if held.get(one[key]) != one]}


def _put(before: Any, told: Any, key: str) -> list[Any]:
    if not isinstance(told, dict) or set(told) != {"order", "rows"} or not isinstance(told["order"], list):
        raise MalformedError("rows of a delta")
    known = _by_name(before, key) | _by_name(told["rows"], key)
    try:
        return [known[name] for name in told["order"]]
    except (KeyError, TypeError):
        raise MalformedError("a row the delta names is nowhere") from None


def _by_name(rows: Any, key: str) -> dict[str, Any]:
    if not isinstance(rows, list) or not all(
        isinstance(one, dict) and isinstance(one.get(key), str) for one in rows
    ):
        raise MalformedError(f"rows without {key}")
    found = {one[key]: one for one in rows}
    if len(found) != len(rows):
        raise MalformedError(f"two rows of one {key}")
    return found


def _whole(data: bytes) -> dict[str, Any]:
    value = parse(data)
    if not isinstance(value, dict) or not isinstance(value.get("list"), dict) or "signature" not in value:
        raise MalformedError("not a signed list")
    return value


def _digest(content: Mapping[str, Any]) -> str:
    return f"sm3:{digest(canonical(content)).hex()}"


def _written(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
