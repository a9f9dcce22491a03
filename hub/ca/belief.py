"""Whom the hub believes, read from the folder of recognition data as one value: all of it or none.

| file | what |
|---|---|
| `trustlist.json` | the centre's signed list |
| `signers.pem` | the certificates it may be signed with (unless the settings name others) |
| `policy.json` | the centre's signed policy, optional |
| `peers/<region>.json` | signed lists of other provinces, optional |
| `crl/`, `ocsp/` | revocation data, DER or PEM |
| `told.json`, `told/` | what CAs have told of single certificates (`hub.ca.keeping`): written here |
| `makers.pem` | who may make seals, by their own certificates or a CA of theirs; left out, the listed CAs |
| `seen.json` | the newest list seen of each region: written here, so that no older one comes back |
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from certs.algorithms.digest import digest
from certs.cli.kinds import recognise_kind
from certs.trustlist import Sequence as Newest
from certs.trustlist import TrustList, examine, join
from certs.trustlist.finding import Finding as Fault
from certs.trustlist.state import StateError, load, save
from hub.ca.keeping import TOLD, read_standing
from hub.ca.policy import Policy, read_policy, shipped
from hub.ca.standing import Standing
from hub.errors import SettingsError
from hub.message import Finding
from hub.settings import Settings

LIST, SIGNERS, POLICY, PEERS, CRLS, OCSP, MAKERS, SEEN = (
    "trustlist.json", "signers.pem", "policy.json", "peers", "crl", "ocsp", "makers.pem", "seen.json",
)  # fmt: skip
CODE = "ca.data"
_LARGEST = 64 << 20
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Belief:
    """`raw` is the list as the centre signed it; `crls` and `ocsp` are what lies in the folder; `remarks`
    say what of the neighbours' lists was not used and why; `digests` of what bytes all this was read."""

    raw: bytes = field(repr=False)
    listed: TrustList
    signers: tuple[bytes, ...] = field(repr=False)
    policy: Policy
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)
    makers: tuple[bytes, ...] = field(default=(), repr=False)
    remarks: tuple[str, ...] = ()
    standing: Standing = field(default_factory=Standing, repr=False)
    digests: Mapping[str, str] = field(default_factory=dict)

    def differs(self, other: Belief | None) -> list[str]:
        """The parts that are other than before, by their files."""
        before = {} if other is None else other.digests
        names = {**before, **self.digests}
        return [f"ca.{name}" for name in names if before.get(name) != self.digests.get(name)]


def folder_of(settings: Settings) -> Path:
    return settings.ca_dir or settings.data / "ca"


def stamps_of(folder: Path) -> tuple[object, ...]:
    """What changes when a file of the folder does; cheap enough to ask twice a second."""
    found: list[object] = []
    for path in sorted((folder, *(folder / one for one in (PEERS, CRLS, OCSP)))):
        try:
            for entry in sorted(os.scandir(path), key=lambda one: one.name):
                if entry.name != SEEN and not entry.name.startswith("."):
                    stat = entry.stat()
                    found.append((path.name, entry.name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
        except OSError:
            continue
    return tuple(found)


def read_belief(settings: Settings, at: datetime) -> Belief:
    """Everything in the folder; raises SettingsError with a finding for each thing that is wrong."""
    folder = folder_of(settings)
    signers = _signers(settings, folder)
    raw = _bytes(folder / LIST)
    try:
        seen = load(folder / SEEN)
    except StateError as error:
        raise _wrong(folder / SEEN, "本程序写下的 JSON", str(error)[:200]) from error
    found = examine(raw, signers=signers, at=at, newest_known=_newest(seen, raw))
    if found.trust_list is None:
        raise _refused(folder / LIST, found.findings)
    peers = {path.stem: _bytes(path) for path in _files(folder / PEERS) if path.suffix == ".json"}
    joined = join(found.trust_list, peers, at=at, newest_known=seen)
    faults = [*joined.findings, *(one for each in joined.examined.values() for one in each.findings)]
    policy = _policy(folder / POLICY, signers)
    lists, answers = _revocation(folder)
    makers = _certificates(folder / MAKERS) if (folder / MAKERS).is_file() else ()
    standing = _standing(folder)
    _remember(folder / SEEN, seen, joined.trust_list)
    told = {
        "trustlist": raw, "policy": _bytes(folder / POLICY) if (folder / POLICY).is_file() else b"",
        "signers": b"".join(signers), "makers": b"".join(makers), "crl": b"".join(lists),
        "ocsp": b"".join(answers), "peers": b"".join(peers[name] for name in sorted(peers)),
        "told": _bytes(folder / TOLD) if standing.number else b"",
    }  # fmt: skip
    return Belief(
        raw, joined.trust_list, signers, policy, lists, answers, makers,
        tuple(one.reason.zh for one in faults), standing,
        {name: f"sm3:{digest(value).hex()}" for name, value in told.items() if value},
    )  # fmt: skip


def _signers(settings: Settings, folder: Path) -> tuple[bytes, ...]:
    """The setting goes before the folder: in production whoever may write lists should not pin them."""
    named = [Path(one) for one in settings.trustlist_signer.split(os.pathsep) if one]
    return tuple(raw for path in named or [folder / SIGNERS] for raw in _certificates(path))


def _newest(seen: Mapping[str, Newest], raw: bytes) -> Newest | None:
    from certs.cli.believing import region_of

    return seen.get(region_of(raw))


def _remember(path: Path, seen: Mapping[str, Newest], listed: TrustList) -> None:
    fresh = {one.region: Newest.of(one) for one in (listed, *listed.joined.values())}
    if {**seen, **fresh} != dict(seen):
        try:
            save(path, {**seen, **fresh})
        except OSError as error:
            raise _wrong(path, "可写的文件", str(error.strerror)) from error


def _policy(path: Path, signers: Sequence[bytes]) -> Policy:
    if not path.is_file():
        return shipped()
    found = read_policy(_bytes(path), signers)
    if isinstance(found, Policy):
        return found
    raise _refused(path, found)


def _standing(folder: Path) -> Standing:
    try:
        return read_standing(folder)
    except (OSError, ValueError) as error:
        raise _wrong(folder / TOLD, "本程序写下的 JSON 与其列表", str(error)[:200]) from error


def _revocation(folder: Path) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """What can be read as a list or an answer; what cannot is a finding, not a silence."""
    lists: list[bytes] = []
    answers: list[bytes] = []
    for path in (*_files(folder / CRLS), *_files(folder / OCSP)):
        found = recognise_kind(_bytes(path))
        if found.kind == "crl":
            lists.append(found.data)
        elif found.kind == "bundle":
            lists += found.crls
        elif found.kind == "ocsp":
            answers.append(found.data)
        else:
            raise _wrong(path, "吊销列表(CRL)或 OCSP 响应", found.tried[:200] or found.kind)
    return tuple(lists), tuple(answers)


def _certificates(path: Path) -> tuple[bytes, ...]:
    found = recognise_kind(_bytes(path))
    if found.kind == "certificate" and not found.tried:
        return (found.data,)
    if found.kind == "bundle" and found.certificates:
        return found.certificates
    raise _wrong(path, "证书(PEM 或 DER)", found.kind)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")[:_MOST]
    except OSError:
        return []


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise _wrong(path, "可读的文件", str(error.strerror)) from error
    if len(data) > _LARGEST:
        raise _wrong(path, f"至多 {_LARGEST >> 20} MiB", "更大")
    return data


def _wrong(path: Path, expected: str, observed: str) -> SettingsError:
    finding = Finding(CODE, f"{path}:1", expected, observed, "改正后重新载入;在此之前一切照旧")
    return SettingsError(f"{path}: {observed}", code=CODE, findings=(finding,))


def _refused(path: Path, faults: Iterable[Fault]) -> SettingsError:
    found = tuple(
        Finding(CODE, f"{path}{one.at}", one.expected, f"{one.code} {one.observed}".strip(), one.advice)
        for one in faults
    )
    return SettingsError(f"{path}: {found[0].observed}", code=CODE, findings=found)
