"""One CA of a trust list, read from JSON."""

from __future__ import annotations

from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.subject.rules import Rule, RuleError, read_rules
from certs.trustlist.algorithms import NAMES as ALGORITHMS
from certs.trustlist.model import (
    ANY_BELOW,
    LISTED,
    NEVER,
    TOKEN,
    TOKENLESS,
    UNTIL_DATE,
    UNTIL_EXPIRY,
    AdmittedAlgorithm,
    AdmittedCa,
    Grandfathering,
    Period,
)
from certs.trustlist.place import Place
from certs.trustlist.quirks import NAMES as QUIRKS

WORD = r"[a-z][a-z0-9-]{0,63}"
ADDRESS = r"(https?|ldaps?)://[!-~]{1,500}"
_ALIAS = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"  # no `@`: it stands between aliases in SOF
_CA = frozenset(("id", "name", "licence", "roots", "intermediates", "subordinates", "algorithms", "sectors",
                 "from", "until", "grandfathering", "assurance", "media", "quirks", "revocation", "identity",
                 "contact"))  # fmt: skip


def read_ca(place: Place, sectors: tuple[str, ...], assurances: tuple[str, ...]) -> AdmittedCa:
    place.object(_CA)
    zh, en = names(place.member("name"))
    roots, intermediates = _certificates(place.member("roots")), _certificates(place.member("intermediates"))
    if not roots and not intermediates:
        place.member("roots").say("根或中间证书至少一张", "填入该 CA 的根证书")
    ocsp, crls = _endpoints(place.member("revocation"))
    return AdmittedCa(
        place.member("id").text(_ALIAS, "字母数字组成、不含 @ 的编号"),
        zh,
        en,
        place.member("licence").text(),
        roots,
        intermediates,
        place.member("subordinates").choice(LISTED, ANY_BELOW),
        tuple(_algorithm(one) for one in place.member("algorithms").items(1)),
        _sectors(place.member("sectors"), sectors),
        period(place),
        _grandfathering(place.member("grandfathering")),
        place.member("assurance").choice(*assurances),
        frozenset(one.choice(TOKEN, TOKENLESS) for one in place.member("media").items(1)),
        frozenset(one.choice(*sorted(QUIRKS)) for one in place.member("quirks").items()),
        ocsp,
        crls,
        _identity(place.member("identity")),
        {name: one.text() for name, one in place.member("contact").entries()},
    )


def names(place: Place) -> tuple[str, str]:
    place.object(frozenset(("zh", "en")))
    return place.member("zh").text(), place.member("en").text()


def period(place: Place) -> Period:
    """`from`, and `until` unless it is open."""
    begin, end = place.member("from").moment(), place.member("until")
    found = Period(begin, end.moment() if end.there else None)
    if found.end is not None and found.end < found.begin:
        end.say("不早于 from 的时刻", "改正起止时间")
    return found


def _certificates(place: Place) -> tuple[bytes, ...]:
    """Each with its digest, so that people can compare it with what the CA has published."""
    out = []
    for one in place.items() if place.there else ():
        one.object(frozenset(("hash", "der")))
        der = one.member("der")
        raw = der.octets()
        stated = one.member("hash").text(r"(sm3|sha256):[0-9a-f]{64}", "sm3: 或 sha256: 加 64 位小写十六进制")
        if stated and raw:
            kind = stated.partition(":")[0]
            if stated != f"{kind}:{digest(raw, kind).hex()}":
                one.member("hash").say("与 der 一致的摘要", "核对证书来源后重新计算摘要")
        try:
            if raw and not read_certificate(raw).is_ca and read_certificate(raw).version == 3:
                der.say("CA 证书", "此处只放 CA 证书,不放用户证书", observed=str(read_certificate(raw)))
        except MalformedError as error:
            der.say("一张证书的 DER,base64 编码", "换成 CA 给出的证书文件", observed=str(error))
        out.append(raw)
    return tuple(out)


def _algorithm(place: Place) -> AdmittedAlgorithm:
    place.object(frozenset(("name", "bits", "until")))
    until = place.member("until")
    return AdmittedAlgorithm(
        place.member("name").choice(*ALGORITHMS),
        place.member("bits").number(160, 16384),
        until.moment() if until.there else None,
    )


def _sectors(place: Place, known: tuple[str, ...]) -> dict[str, Period]:
    out = {}
    for name, one in place.entries():
        Place(name, one.at, place.findings).choice(*known)
        one.object(frozenset(("from", "until")))
        out[name] = period(one)
    return out


def _grandfathering(place: Place) -> Grandfathering:
    """`until-expiry`, `none`, or `until:<moment>`; always with the reason, which people will ask for."""
    place.object(frozenset(("rule", "reason")))
    rule, reason = place.member("rule"), place.member("reason").text()
    if isinstance(rule.value, str) and rule.value.startswith("until:"):
        moment = Place(rule.value.removeprefix("until:"), rule.at, rule.findings).moment()
        return Grandfathering(UNTIL_DATE, moment, reason)
    if rule.value not in (UNTIL_EXPIRY, NEVER):
        rule.say(f"{UNTIL_EXPIRY} | until:<时刻> | {NEVER}", "写明移出前所发证书如何处理")
    return Grandfathering(str(rule.value), None, reason)


def _endpoints(place: Place) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place.object(frozenset(("ocsp", "crl")))
    expected = "http(s) 或 ldap(s) 地址"
    ocsp, crl = (
        tuple(one.text(ADDRESS, expected) for one in place.member(kind).items()) for kind in ("ocsp", "crl")
    )
    return ocsp, crl


def _identity(place: Place) -> tuple[Rule, ...]:
    """Where this CA writes who its subscriber is; one by one, so that each fault has its place."""
    out: list[Rule] = []
    for one in place.items():
        try:
            out += read_rules([one.value])
        except RuleError as error:
            one.say(
                "一条主体识别规则 / identity rule", "按 certs/subject 的规则格式填写", observed=str(error)
            )
    try:
        read_rules([rule.as_row() for rule in out])
    except RuleError as error:
        place.say("编号不重复、数量有限的规则", "删去多余的规则", observed=str(error))
    return tuple(out)
