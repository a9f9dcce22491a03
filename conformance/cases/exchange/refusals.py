"""Refusals: what is wrong is refused, all of it at once, and so that a machine notices."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.case import Level, case
from conformance.cases.exchange.signatures import works
from conformance.sut import Envelope, Sut
from conformance.verdict import assume, expect
from hub.standard import Stage

CLIENT = 0  # any 4xx: more than one of them is right
TRACES = re.compile(
    r"Traceback \(most recent|\bat [\w.$]+\([\w]+\.java:\d+\)|<html|System\.\w+Exception|^\s+File \"",
    re.I | re.M,
)


def stage_of(sut: Sut, envelope: Envelope) -> Stage:
    return sut.standard.stage(envelope["head"]["stage"])


@case("EX-FND-01", Level.MUST)
async def all_findings_come_at_once(sut: Sut) -> None:
    """报文有多处问题时应一次全部指出

    A vendor who gets one finding per attempt needs as many days as there are mistakes.
    """
    await works(sut)
    message = sut.message()
    required = [
        f.name for f in stage_of(sut, message).fields if f.required and f.name in message["body"]["fields"]
    ]
    for name in required[:3]:
        del message["body"]["fields"][name]
    message["body"]["fields"]["NO_SUCH_FIELD"] = "x"
    wanted = {(f.code, f.at) for f in sut.standard.check(message) if f.severity == "error"}
    reply = await sut.submit(message, note=f"without {', '.join(required[:3])}, with an unknown field")
    expect(
        reply.refused,
        "有问题的报文未被拒绝",
        "a faulty message was not refused",
        expected="HTTP 422",
        observed=reply.said(),
    )
    rows = (reply.json or {}).get("findings")
    named = (
        {str(row.get("at", "")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()
    )
    missing = sorted(at for _, at in wanted if at not in named)
    expect(
        not missing,
        f"未指出全部问题,缺 {len(missing)} 处",
        f"{len(missing)} findings are missing",
        expected="\n".join(sorted(at for _, at in wanted)),
        observed="\n".join(sorted(named)) or reply.said(),
    )


@case("EX-FND-02", Level.MUST)
async def an_unknown_code_is_refused(sut: Sut) -> None:
    """代码集以外的代码应拒绝

    One region code out of the table and the province's statistics no longer add up.
    """
    await works(sut)
    message = sut.message()
    coded = miscoded(sut, message)
    assume(coded, "该环节没有可用于检验的代码字段", "the stage has no coded field to try")
    reply = await sut.submit(message, note=f"{coded} = {message['body']['fields'][coded]}")
    expect(
        reply.refused and any(code.startswith("code.") for code in reply.codes),
        f"{coded} 的代码不在代码集内,未以 code.* 拒绝",
        f"{coded} holds a code of no list, yet it was not refused with code.*",
        expected="HTTP 422, code.unknown",
        observed=reply.said(),
    )


def miscoded(sut: Sut, message: Envelope) -> str:
    """Put into one coded field a value of the right form that is in no list; the field's name."""
    fields = message["body"]["fields"]
    for field in stage_of(sut, message).fields:
        value = fields.get(field.name)
        if not field.code_list or not isinstance(value, str) or not value:
            continue
        for char in "9Z8X":
            fields[field.name] = char * len(value)
            codes = {finding.code for finding in sut.standard.check(message) if finding.severity == "error"}
            if codes and all(code.startswith("code.") for code in codes):
                return field.name
        fields[field.name] = value
    return ""


@case("EX-ERR-01", Level.MUST)
async def a_refusal_is_an_error_status_with_a_code(sut: Sut) -> None:
    """拒绝必须用错误状态码和机器可读的代码,不得用 200、HTML 页面或堆栈

    Senders branch on the status; a refusal dressed as 200 is a lost message, a stack trace an invitation.
    """
    broken = sut.message()
    broken["body"]["fields"] = {}
    known = sut.message()
    await sut.submit(known, note="control: a valid message")
    other = sut.afresh({**known, "body": {**known["body"], "ext": {"remark": "changed"}}})
    large = sut.message()
    large["body"]["ext"] = {"padding": "x" * (sut.plan.max_body + 1)}
    attempts = {
        "no JSON at all": (400, b"<a>not json</a>"),
        "a list": (CLIENT, b"[]"),
        "no head": (CLIENT, b'{"body":{}}'),
        "signed with another secret": (
            401,
            sut.signed(sut.message(), replace(sut.hub_key, secret=bytes(32))),
        ),
        "no fields": (422, sut.signed(broken)),
        "same msgId, other content": (409, sut.signed(other)),
        "too large": (413, sut.signed(large)),
    }
    for note, (status, raw) in attempts.items():
        reply = await sut.submit_raw(raw, note=note)
        code = (reply.json or {}).get("code")
        fits = reply.status == status if status != CLIENT else 400 <= reply.status < 500
        expect(
            fits and isinstance(code, str) and code not in ("", "0000"),
            f"{note}:拒绝的状态码或 code 不符",
            f"{note}: the refusal has not the right status, or no code",
            expected=f'HTTP {status if status != CLIENT else "4xx"} {{"code":"…","findings":[…]}}',
            observed=reply.said(),
        )
        expect(
            TRACES.search(reply.body.decode("utf-8", "replace")) is None,
            f"{note}:应答含网页或堆栈",
            f"{note}: the answer shows a page or a stack trace",
            expected="application/problem+json",
            observed=reply.said(),
        )
