"""From JSON to a trust list: members, forms, and what must fit together. Signature and time are judged
elsewhere (`examine`)."""

from __future__ import annotations

from typing import Any

from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.trustlist import ca as ca_reading
from certs.trustlist.finding import Finding
from certs.trustlist.model import AdmittedCa, Peer, TrustList
from certs.trustlist.place import Place

VERSION = "1"
MOST_CERTIFICATES = 400  # below what a path search looks at: a longer list would stop every recognition
REGION = r"\d{2}(\d{2}(\d{2})?)?"
_SYSTEM = r"[A-Z]\d{2,3}"
_LIST = frozenset(("version", "region", "issuer", "sequence", "issued", "nextUpdate", "sectors", "assurances",
                   "cas", "peers"))  # fmt: skip
_PEER = frozenset(("region", "name", "signers", "sameArchitecture", "basis", "from", "until", "sectors",
                   "assurances", "location", "system"))  # fmt: skip


def read_list(value: Any, digest: str, findings: list[Finding]) -> TrustList | None:
    """The list under `/list`; None, or something not to be used, once there are findings."""
    place = Place(value, "/list", findings)
    if not place.object(_LIST):
        return None
    place.member("version").choice(VERSION)
    words = _vocabulary(place.member("sectors")), _vocabulary(place.member("assurances"))
    zh, en = ca_reading.names(place.member("issuer"))
    made = TrustList(
        place.member("region").text(REGION, "两、四或六位行政区划代码"),
        zh,
        en,
        place.member("sequence").number(1, 1 << 53),
        place.member("issued").moment(),
        place.member("nextUpdate").moment(),
        *words,
        tuple(ca_reading.read_ca(one, *words) for one in place.member("cas").items()),
        tuple(_peer(one, *words) for one in _optional(place.member("peers"))),
        digest,
    )
    if made.next_update <= made.issued:
        place.member("nextUpdate").say("晚于 issued 的时刻", "改正下次更新时间")
    _twice([(ca.id, f"/list/cas/{at}/id") for at, ca in enumerate(made.cas)], "机构编号", findings)
    _twice([(peer.region, f"/list/peers/{at}/region") for at, peer in enumerate(made.peers)], "省", findings)
    _shared(made.cas, findings)
    if made.size > MOST_CERTIFICATES:
        place.member("cas").say(
            f"合计至多 {MOST_CERTIFICATES} 张证书", "拆分或删去不用的证书", observed=str(made.size)
        )
    return made


def _optional(place: Place) -> list[Place]:
    return list(place.items()) if place.there else []


def _vocabulary(place: Place) -> tuple[str, ...]:
    """The words a list may use; also the order of assurance, the weakest first."""
    found = [one.text(ca_reading.WORD, "小写英文词") for one in place.items(1)]
    _twice([(word, f"{place.at}/{at}") for at, word in enumerate(found)], "用词", place.findings)
    return tuple(found)


def _peer(place: Place, sectors: tuple[str, ...], assurances: tuple[str, ...]) -> Peer:
    place.object(_PEER)
    zh, en = ca_reading.names(place.member("name"))
    location, system = place.member("location"), place.member("system")
    return Peer(
        place.member("region").text(REGION, "两、四或六位行政区划代码"),
        zh,
        en,
        tuple(certificate(one) for one in place.member("signers").items(1)),
        place.member("sameArchitecture").flag(),
        place.member("basis").text(),
        ca_reading.period(place),
        _mapping(place.member("sectors"), sectors),
        _mapping(place.member("assurances"), assurances),
        location.text(ca_reading.ADDRESS, "http(s) 地址") if location.there else "",
        system.text(_SYSTEM, "本省目录里的系统编号") if system.there else "",
    )


def _mapping(place: Place, ours: tuple[str, ...]) -> dict[str, str]:
    """Their words to ours."""
    out = {}
    for theirs, one in place.entries():
        Place(theirs, one.at, place.findings).text(ca_reading.WORD, "小写英文词")
        out[theirs] = one.choice(*ours)
    return out


def certificate(place: Place) -> bytes:
    """DER that can be read at all."""
    raw = place.octets()
    try:
        if raw:
            read_certificate(raw)
    except MalformedError as error:
        place.say("一张证书的 DER,base64 编码", "换成 CA 给出的证书文件", observed=str(error))
    return raw


def _twice(found: list[tuple[Any, str]], what: str, findings: list[Finding]) -> None:
    seen: dict[Any, str] = {}
    for value, at in found:
        if value and seen.setdefault(value, at) != at:
            findings.append(
                Finding("list-duplicate", at, f"不与 {seen[value]} 相同的{what}", str(value)[:60], "删去其一")
            )


def _shared(cas: tuple[AdmittedCa, ...], findings: list[Finding]) -> None:
    """A certificate under two CAs would leave open whose rules count; so would one key under two. Within
    one CA a key may have several certificates, but each stands once."""
    certificates: dict[bytes, str] = {}
    keys: dict[bytes, tuple[str, int]] = {}
    for at, ca in enumerate(cas):
        places = [("roots", count, raw) for count, raw in enumerate(ca.roots)]
        places += [("intermediates", count, raw) for count, raw in enumerate(ca.intermediates)]
        for which, count, raw in places:
            here, key = f"/list/cas/{at}/{which}/{count}", _key(raw)
            first = certificates.setdefault(raw, here)
            elsewhere, owner = keys.setdefault(key, (here, at))
            if raw and first == here and owner != at:
                first = elsewhere
            if raw and first != here:
                findings.append(Finding("list-duplicate", here, f"不与 {first} 相同的证书或密钥",
                                        advice="一张证书、一个密钥只能属于一家 CA,删去其一"))  # fmt: skip


def _key(raw: bytes) -> bytes:
    try:
        return read_certificate(raw).key.bits
    except MalformedError:
        return raw
