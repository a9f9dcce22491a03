"""Files from the caller's side: sent and fetched in parts, going on where it stopped, whatever stopped it.

Nothing but the standard library: it runs wherever the client does, also on Windows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from hub.errors import HubError, SenderError
from hub.files.name import Name, running

PART = 8 * 2**20
PIECE = 2**20
TRIES = 10  # in a row without anything new having come
_AGAIN = frozenset({408, 429, 500, 502, 503, 504, 507})

Told = Callable[[int, int], None]


class Reply(Protocol):
    """An answer of the hub."""

    @property
    def status(self) -> int: ...
    @property
    def document(self) -> dict[str, Any]: ...
    @property
    def retry_after(self) -> int | None: ...
    @property
    def code(self) -> str: ...


class Caller(Protocol):
    """What is needed of a client."""

    def file_status(self, digest: str) -> dict[str, Any] | None: ...
    def put_part(self, digest: str, part: bytes, start: int, total: int) -> Reply: ...
    def get_part(self, digest: str, start: int, stop: int) -> tuple[int, bytes, int]: ...


def name_of(path: Path, algorithm: str = "sm3") -> str:
    """The digest of a file as messages write it."""
    digest = running(algorithm)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return f"{algorithm}:{digest.hexdigest()}"


def put_file(
    caller: Caller,
    path: Path,
    *,
    algorithm: str = "sm3",
    part: int = PART,
    told: Told = lambda done, total: None,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Send a file; what the hub says of it once it is there. `told` hears how much of it has come.

    Goes on after broken connections, a restarting or busy hub and a full disk. Raises SenderError for
    what more tries cannot mend, and the last fault when nothing new came in TRIES tries.
    """
    digest, total = name_of(path, algorithm), path.stat().st_size
    failed, fault = 0, HubError("附件未能传完 / could not be sent whole", code="file.unfinished")
    with path.open("rb") as file:
        while failed < TRIES:
            wait = min(5.0, 0.1 * 2**failed)
            failed += 1
            try:
                found = caller.file_status(digest)
                if found is not None and found["state"] == "there":
                    told(total, total)
                    return found
                for start, stop in _parts(total, part, found):
                    file.seek(start)
                    reply = caller.put_part(digest, file.read(stop - start), start, total)
                    if _refused(reply):
                        wait = max(wait, float(reply.retry_after or 0))
                        break
                    told(_come(reply.document), total)
                    # Only what was missing is news; the last part again, to have a file finished, is not.
                    failed = 0 if found is None or found["missing"] else failed
            except HubError as error:
                if isinstance(error, SenderError) and error.status not in _AGAIN:
                    raise
                fault = error
            if failed:
                pause(wait)
    raise fault


def get_file(caller: Caller, digest: str, into: BinaryIO, *, part: int = PART) -> int | None:
    """Fetch a file in ranges and hold it to its digest; how long it is, None when it is not there for us.

    Raises SenderError when other bytes came than the digest names.
    """
    name, found = Name.of(digest), caller.file_status(digest)
    if name is None or found is None or found["state"] != "there":
        return None
    check, at = running(name.algorithm), 0
    while at < found["size"]:
        status, piece, _ = caller.get_part(digest, at, at + part)
        if status not in {200, 206} or not piece:
            raise SenderError(f"{digest}: {status}", code="file.not-fetched", status=status)
        check.update(piece)
        into.write(piece)
        at += len(piece)
    if check.hexdigest() != name.value:
        raise SenderError("收到的内容与摘要不符 / not what the digest names", code="file.digest")
    return at


def _parts(total: int, part: int, found: Mapping[str, Any] | None) -> list[tuple[int, int]]:
    """What to send next: all that is missing; the last part again if nothing is and it still is not there."""
    if total == 0:
        return [(0, 0)]
    missing = [[0, total - 1]] if found is None else found["missing"]
    if not missing:
        last = found["ranges"][-1][1] if found else total - 1
        missing = [[max(0, last + 1 - part), last]]
    return [
        (start, min(start + part, last + 1))
        for first, last in missing
        for start in range(first, last + 1, part)
    ]


def _come(found: Mapping[str, Any]) -> int:
    return sum(last - first + 1 for first, last in found.get("ranges", ()))


def _refused(reply: Reply) -> bool:
    """Is it to be tried again? Raises SenderError where that would not help."""
    if reply.status < 400:
        return False
    if reply.status in _AGAIN or reply.code == "file.part-digest":
        return True
    detail = str(reply.document.get("detail") or reply.status)
    raise SenderError(detail, code=reply.code or "file.refused", status=reply.status)
