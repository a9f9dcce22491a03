"""`ca.status` by what lies here: what CAs told of single certificates, and their current lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from certs.cli.standing import judge_list
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD, REMOVED, Crl, read_crl
from certs.model.der import MalformedError
from certs.model.names import Name
from certs.revocation.lists import continuing, entry_in
from certs.trust import Revocation
from certs.verdict import Moment
from hub.ca.judges import Judges
from hub.ca.objecting import worst
from hub.ca.replying import moment_of, refused
from hub.ca.told import certificate_of
from hub.message import wall
from hub.ports import Answer
from hub.services.local import HUB, Said

_REASONS = {1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
            5: "cessationOfOperation", 6: "certificateHold"}  # fmt: skip


def status(judges: Judges, fields: Mapping[str, Any], now: datetime) -> Said:
    """From the list of the CA's own; where OCSP or a fresh answer is wanted, we are not enough."""
    about = fields.get("certificate")
    about = about if isinstance(about, Mapping) else {}
    members = [one for one in judges.listed.members if one.ca.id == about.get("caId")]
    if not members:
        return refused("ca.issuer-not-recognised", "颁发机构不在互认名单")
    try:
        serial = int(str(about.get("serialNo")), 16)
    except ValueError:
        return refused("ca.unknown-serial", "证书序列号应为十六进制")
    at = moment_of(fields.get("atTime"), now)
    issuers = [read_certificate(raw) for one in members for raw in one.ca.certificates]
    worse = worst(judges.belief.standing, judges.at_hand, issuers, serial, at)
    if worse is not None:
        said = {"status": worse.status, "revocationTime": wall(worse.since), "sourceSystem": worse.by}
        return Said(Answer(200, "0000", data={**said, "thisUpdate": wall(worse.told)}), settled=True)
    told = _listed(judges, members[0].ca.certificates, str(about.get("issuer", "")), serial, at)
    if told is None:
        return Said(Answer(502, "upstream.unavailable", "手边没有现行的吊销列表"), settled=False)
    wanted = fields.get("method") in (None, "crl") and fields.get("noCache") is not True
    return Said(Answer(200, "0000", data=told), settled=wanted and not fields.get("nonce"))


def _listed(
    judges: Judges, issuers: frozenset[bytes], issuer: str, serial: int, at: Moment
) -> dict[str, Any] | None:
    """What the current lists of these issuers say; None where none holds. Not being on a list is good news
    only on the list of the issuer that is meant."""
    names = {one.subject for raw in issuers if (one := certificate_of(raw)) is not None}
    current = list(_current(judges, names, at))
    for whole in current:
        if whole.extensions.delta_base is not None:
            continue  # who is not in a delta may be in its base
        said = entry_in(whole.issuer, serial, whole, next(iter(continuing(whole, current)), None))
        if said is None and str(whole.issuer) != issuer and len(names) > 1:
            continue
        listed, entry = said or (whole, None)
        entry = None if entry is not None and entry.reason == REMOVED else entry
        told: dict[str, Any] = {"status": "good", "thisUpdate": wall(listed.this_update), "sourceSystem": HUB}
        if listed.next_update is not None:
            told["nextUpdate"] = wall(listed.next_update)
        if entry is not None:
            told["status"] = "frozen" if entry.reason == HOLD else "revoked"
            told["revocationTime"] = wall(listed.revoked_at(entry))
            told["revocationReason"] = _REASONS.get(entry.reason or 0, "unspecified")
        return told
    return None


def _current(judges: Judges, names: set[Name], at: Moment) -> Iterator[Crl]:
    """The newest first."""
    trust, found = judges.trust(Revocation.IGNORED), list[Crl]()
    for raw in judges.crls:
        with suppress(MalformedError):
            found.append(read_crl(raw))
    for listed in sorted(found, key=lambda one: one.this_update, reverse=True):
        if listed.issuer in names and judge_list(listed.raw, trust, at).ok:
            yield listed
