"""sm2-envelope (C01, F01, F02, F04) against its papers: golden letters, serials and midnight, faults."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import envelope_cipher as cipher
from simulators.dialects.sm2_envelope import Sm2Envelope
from simulators.nested import service
from simulators.roll import roll
from simulators.systems.build import Making, build
from simulators.wire import Reply, Request
from tests.rows import each

D = "sm2-envelope"
LINES = {line["id"]: line for line in Papers.load(D).golden() if line["file"] == "outward.jsonl"}
SECRETS = LINES["push-ok"]["secrets"]
KEY = bytes.fromhex(SECRETS["sm4_key"])
NAMES = {code: name for name, code in Papers.load(D).facts["operations"].items()}


class At:
    def __init__(self, ident: str, **switches: Any) -> None:
        self.desk = Desk(ident, "", D, "", SECRETS, switches=switches)
        self.side = Sm2Envelope(self.desk)

    def say(self, line: str, moods: Iterable[str] = (), late: float = 1.0) -> Reply:
        asked = LINES[line]["request"]
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        self.desk.moods = frozenset(moods)
        now = datetime.fromisoformat(LINES[line]["at"]) + timedelta(seconds=late)
        return self.side.answer(Request("POST", asked["path"], "", headers, asked["body"].encode()), now)

    def tell(
        self, plain: dict[str, Any] | bytes, late: float = 1.0, moods: Iterable[str] = (), **other: Any
    ) -> Any:
        """A letter of our own, closed and signed with the golden keys of the hub; the opened answer."""
        raw = plain if isinstance(plain, bytes) else cipher.compact(plain)
        headers = {
            "x-app-id": other.get("app", SECRETS["app_id"]),
            "x-sign": other.get("sign") or cipher.sign(raw, SECRETS["sign_private"]),
        }
        body = other.get("body") or cipher.close(KEY, b"i" * 16, raw)
        self.desk.moods = frozenset(moods)
        now = datetime.fromisoformat(LINES["push-ok"]["at"]) + timedelta(seconds=late)
        return opened(self.side.answer(Request("POST", "/outreach/api", "", headers, body), now))


def opened(said: Reply) -> dict[str, Any]:
    """The plain text of an answer, proved where it is not in clear."""
    if said.body.startswith(b"{"):
        assert "x-sign" not in said.headers and said.headers["Content-Type"].startswith("application/json")
        return dict(json.loads(said.body))
    plain = cipher.open_body(KEY, said.body)
    assert plain is not None and cipher.holds(plain, said.headers["x-sign"], SECRETS["peer_public"])
    return dict(json.loads(plain))


def same(at: At, line: str, moods: Iterable[str] = (), late: float = 1.0) -> None:
    """The golden plain text, byte for byte, under cipher and signature (or in clear, as the golden one)."""
    said, wanted = at.say(line, moods, late), LINES[line]
    in_clear = wanted["reply"]["body"].startswith("{")
    assert said.body.startswith(b"{") == in_clear
    opened(said)
    plain = said.body if in_clear else cipher.open_body(KEY, said.body)
    assert plain is not None and plain.decode() == wanted["plain"]["reply"]
    for name in ("Content-Type", "x-app-id"):
        assert said.headers.get(name) == wanted["reply"]["headers"].get(name)


def played(at: At, line: str) -> None:
    """The book as the golden answer has it."""
    told = json.loads(LINES[line]["plain"]["reply"])
    message = NAMES[told["head"]["tranCode"]]
    fen = at.desk.id == "F04"
    known = service(D, message, "reply", fen=fen).home(told["body"])
    at.desk.books[message] = lambda asked, now: known


def plain_of(line: str, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(LINES[line]["plain"]["request"])
    told["body"] |= changes
    return told


def test_golden_records() -> None:
    at = At("F01")
    for line in ("push-ok", "push-again", "push-conflict"):
        same(at, line)
    assert at.desk.ledger.effects == 1
    same(At("F02"), "push-refused")
    same(At("F02"), "push-contract")
    same(At("F02"), "push-gp-contract")
    number = plain_of("push-filing-unknown")["body"]["packageNo"]
    same(At("F02", unfiled=(number,)), "push-filing-unknown")
    same(At("F01"), "push-bad-sign")
    assert at.tell(plain_of("push-gp-contract"))["head"]["respCode"] == "900007", "F01 takes no contracts"


@each(
    ("ident", "line"),
    [
        ("F01", "apply-ok"), ("F04", "apply-fen"), ("F01", "verify-ok"), ("F04", "claim-fen"),
        ("F01", "claim-ok"), ("F02", "finance-ok"), ("C01", "ca-verify"), ("C01", "ca-status"),
        ("C01", "ca-sign"), ("C01", "ca-issue"),
    ],
)  # fmt: skip
def test_golden_services(ident: str, line: str) -> None:
    at = At(ident)
    played(at, line)
    same(at, line)


def test_sealed_until_the_opening_and_busy() -> None:
    at = At("F01")

    def book(asked: Any, now: datetime) -> Any:
        raise Refusal("section.sealed")

    at.desk.books["guarantee.verify"] = book
    same(at, "verify-sealed")
    same(At("F01"), "busy", ("busy",))


def test_asked_afterwards() -> None:
    at = At("F01")
    same(at, "query-none")
    at.say("push-ok", late=-299)
    told = json.loads(LINES["query-found"]["plain"]["reply"])
    now = opened(at.say("query-found"))
    assert now["body"]["result"]["receiptNo"] == told["body"]["result"]["receiptNo"]
    assert (now["body"]["found"], now["body"]["done"], now["body"]["origRespCode"]) == (True, True, "000000")
    at = At("F01")
    at.say("push-ok", ("still-in-hand",))
    assert opened(at.say("query-in-hand"))["body"] == {
        "found": True,
        "done": False,
        "origTranDate": "20261122",
    }


def test_after_midnight_the_number_is_free_again() -> None:
    """The same application sent twice is one on one day and two over midnight (rules.md 8)."""
    for hours, effects in ((1, 1), (15, 2)):
        at = At("F01")
        played(at, "apply-ok")
        first, again = plain_of("apply-ok"), plain_of("apply-ok")
        later = datetime.fromisoformat(LINES["push-ok"]["at"]) + timedelta(hours=hours)
        again["head"]["tranTime"] = f"{later:%Y%m%d%H%M%S}"
        assert at.tell(first)["head"]["respCode"] == "000000"
        code = at.tell(again, late=hours * 3600.0)["head"]["respCode"]
        assert (code, at.desk.ledger.effects) == ("200001" if hours == 1 else "000000", effects)


def test_the_order_of_checks() -> None:
    at = At("F01")
    good = plain_of("push-ok")

    def code(plain: dict[str, Any] | bytes = good, **other: Any) -> str:
        return str(at.tell(plain, **other)["head"]["respCode"])

    assert code(body=b"A" * (4 * 2**20 + 1)) == "400002"
    assert code(app="other") == "900001"
    assert code(body=b"!!!") == "900003"
    assert code(body=base64.b64encode(b"x" * 40)) == "900003"
    assert code(sign=cipher.sign(b"other", SECRETS["sign_private"])) == "900002"
    over = cipher.close(KEY, b"i" * 16, cipher.compact(good))
    assert code(sign=cipher.sign(over, SECRETS["sign_private"])) == "900002", "signed over the ciphertext"
    assert code(b"no json") == "900004"
    assert code({**good, "head": {**good["head"], "tranCode": "XX0000"}}) == "900005"
    assert code(late=301.0) == "900006"
    assert code({**good, "head": {**good["head"], "tranCode": "CA1001"}}) == "900007"
    assert code(plain_of("push-ok", lgAmt=2.0)) in ("900004", "300002")
    assert code(plain_of("push-ok", opType="Z")) == "300003"
    assert code(plain_of("push-ok", bizVersion="1")) == "300002"
    assert code(plain_of("push-ok", opType="U")) == "200004"
    assert at.desk.ledger.effects == 0
    assert code() == "000000"
    other = {**good, "head": {**good["head"], "serialNo": "0" * 24}}
    assert code(other) == "200003", "another number, the same record"


def test_f04_speaks_fen_and_f01_yuan() -> None:
    for ident, amount, wanted in (
        ("F04", 20000000, "000000"),
        ("F04", "200000", "300002"),
        ("F01", 20000000, "300002"),
    ):
        at = At(ident)
        played(at, "apply-fen" if ident == "F04" else "apply-ok")
        assert at.tell(plain_of("apply-ok", amt=amount))["head"]["respCode"] == wanted
    at = At("F01")
    played(at, "apply-ok")
    assert opened(at.say("apply-ok", ("amount-in-fen",)))["body"]["fee"] == 50050


def test_what_a_ca_has_against_a_question_has_a_code_of_its_own() -> None:
    """Each stable code of the papers has its number and no other's."""
    asked, heard = plain_of("ca-verify"), dict[str, str]()
    for row in Papers.load(D).expected:
        if row.face == "out" and (code := row.situation.removeprefix("respCode ")).startswith("5"):
            at = At("C01")

            def refuse(*_: Any, meant: str = row.code) -> Any:
                raise Refusal(meant)

            at.desk.books["ca.verify"] = refuse
            heard[code] = at.tell(asked)["head"]["respCode"]
    assert len(heard) == 10 and all(code == said for code, said in heard.items())


def test_answers_nobody_should_believe() -> None:
    at = At("F01")
    said = at.say("push-ok", ("sm4-iv-wrong",))
    plain = cipher.open_body(KEY, said.body)
    assert plain is not None and not plain.startswith(b'{"head"') and at.desk.ledger.effects == 1
    at = At("F01")
    said = at.say("push-ok", ("sign-over-ciphertext",))
    plain = cipher.open_body(KEY, said.body)
    assert plain is not None and not cipher.holds(plain, said.headers["x-sign"], SECRETS["peer_public"])
    assert cipher.holds(said.body, said.headers["x-sign"], SECRETS["peer_public"])
    at = At("F01")
    same(at, "push-plain-success", ("plain-success",))
    assert at.desk.ledger.effects == 1


@pytest.mark.parametrize(
    ("mood", "wanted"),
    [("plain-error-body", "900001"), ("serial-reuse", "200002"), ("busy", "400001"),
     ("not-allowed", "900007"), ("internal-error", "999999")],
)  # fmt: skip
def test_refusals_on_demand(mood: str, wanted: str) -> None:
    at = At("F01")
    assert opened(at.say("push-ok", (mood,)))["head"]["respCode"] == wanted
    assert at.desk.ledger.effects == 0


def test_no_initial_vector_twice() -> None:
    at = At("F01")
    heads = {base64.b64decode(at.say("push-ok").body)[:16] for _ in range(20)}
    assert len(heads) == 20 and bytes(16) not in heads


def test_a_guarantee_from_application_to_claim() -> None:
    """The issuer's own books: applied, issued, sealed, verified, claimed, claimed again."""
    system = build(roll()["F01"], Making())
    letters, at = system.desk.switches["guarantees"], datetime.fromisoformat("2026-11-22T09:00:00+08:00")
    form = service(D, "guarantee.apply", "request")
    letters.apply(form.home(plain_of("apply-ok")["body"]), at)
    issued = letters.issue("LGA-2026-0001", at)
    number, section = issued["GUARANTEE_NO"], "E6201212611220001001001"
    asked = {"GUARANTEE_NO": number, "section.BID_SECTION_CODE": section, "purpose": "开标核验"}
    letters.sealed.add(section)
    with pytest.raises(Refusal, match="sealed"):
        letters.verify(asked, at)
    letters.sealed.clear()
    assert letters.verify(asked, at)["genuine"] is True
    claim = {"claimNo": "1", "GUARANTEE_NO": number, "amount.amount": "200000", "ground": "x"}
    states = [letters.claim(claim | {"claimNo": str(n)}, at)["claimState"] for n in range(2)]
    assert states == ["paid", "refused"]
