"""What was told, in the folder of recognition data: `told.json` has the marks and names the lists
(`told/<digest>.crl`). Written whole, with a number that rises: what is in force never gives way to a file
that was read before.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from certs.model.crl import read_crl
from certs.model.der import MalformedError
from hub.ca.standing import Bound, Mark, Standing, ToldList
from hub.durable import place_file

TOLD, LISTS = "told.json", "told"
_TRIES = 5


def read_standing(folder: Path) -> Standing:
    """What lies there; raises OSError, ValueError for what cannot be used."""
    try:
        text = (folder / TOLD).read_text("utf-8")
    except FileNotFoundError:
        return Standing()
    try:
        value = json.loads(text)
        marks = tuple(
            Mark(
                str(one["issuer"]), int(one["serial"], 16), str(one["status"]),
                datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["told"]), str(one["by"]),
            )
            for one in value["marks"]
        )  # fmt: skip
        lists = tuple(
            ToldList(
                str(one["issuer"]), (folder / LISTS / Path(one["file"]).name).read_bytes(), str(one["by"])
            )
            for one in value["lists"]
        )
        bound = tuple(
            Bound(str(one["issuer"]), int(one["serial"], 16), str(one["certificate"]), str(one["by"]))
            for one in value.get("bound", ())
        )
        for told in lists:
            read_crl(told.raw)
        return Standing(int(value["number"]), marks, lists, bound)
    except (KeyError, TypeError, MalformedError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def kept_files(folder: Path) -> list[tuple[str, bytes]]:
    """What was told and seen, by name, as it belongs together: for copies made beside a running hub."""
    for _ in range(_TRIES):
        try:
            found = [_named(folder, path) for path in sorted((folder / "peers").glob("*.json"))]
            found += [_named(folder, folder / name) for name in ("seen.json",) if (folder / name).is_file()]
            if not (folder / TOLD).is_file():
                return found
            told = (folder / TOLD).read_bytes()
            names = [Path(str(one["file"])).name for one in json.loads(told)["lists"]]
            lists = [_named(folder, folder / LISTS / name) for name in names]
            return [*found, *lists, (TOLD, told)]
        except FileNotFoundError as error:  # a list gave way to the next one meanwhile
            gone = error
    raise gone


def _named(folder: Path, path: Path) -> tuple[str, bytes]:
    return path.relative_to(folder).as_posix(), path.read_bytes()


def write_standing(folder: Path, standing: Standing) -> None:
    """Lists first, then the file that names them; what it no longer names goes. For a thread; raises
    OSError."""
    place = folder / LISTS
    if standing.lists:
        place.mkdir(parents=True, exist_ok=True)
    for one in standing.lists:
        if not (place / one.name).is_file():
            place_file(place / one.name, one.raw)
    told = {
        "number": standing.number,
        "marks": [
            {"issuer": one.issuer, "serial": f"{one.serial:X}", "status": one.status,
             "since": one.since.isoformat(), "told": one.told.isoformat(), "by": one.by}
            for one in standing.marks
        ],
        "lists": [{"issuer": one.issuer, "file": one.name, "by": one.by} for one in standing.lists],
        "bound": [
            {"issuer": one.issuer, "serial": f"{one.serial:X}", "certificate": one.certificate, "by": one.by}
            for one in standing.bound
        ],
    }  # fmt: skip
    place_file(folder / TOLD, json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))
    kept = {one.name for one in standing.lists}
    for path in place.glob("*.crl") if place.is_dir() else ():
        if path.name not in kept:
            path.unlink(missing_ok=True)
