"""scan-oauth (P23, P24, N05, C04, L02) against its papers: callers, tickets and their user, business."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects.scan_oauth import ScanOauth
from simulators.dialects.scan_proof import signature
from simulators.nested import service
from simulators.systems.books import open_books
from simulators.systems.scanning import Ticket
from simulators.wire import Reply, Request
from tests.rows import each

D = "scan-oauth"
LINES = {line["id"]: line for line in Papers.load(D).golden() if line["file"] == "outward.jsonl"}
SECRETS = LINES["token"]["secrets"]
NINE = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
SESSION = "9b" * 32
NUMBERS = r'"(ticket|qr_code|hub_id|client_id|secret_ref|token)":"[^"]*"'
NAMES = Papers.load(D).facts["operations"]


class At:
    def __init__(self, ident: str, *, token: bool = True) -> None:
        self.desk = Desk(ident, "", D, "", SECRETS)
        open_books(self.desk, 1)
        self.side = ScanOauth(self.desk)
        self.serial = 0
        if token:
            self.say("token", late=0.0)

    def say(self, line: str, moods: Iterable[str] = (), late: float = 1.0) -> Reply:
        asked = LINES[line]["request"]
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        self.desk.moods = frozenset(moods)
        now = datetime.fromisoformat(LINES[line]["at"]) + timedelta(seconds=late)
        return self.side.answer(Request("POST", asked["path"], "", headers, asked["body"].encode()), now)

    def call(self, operation: str, asked: Any, late: float = 1.0, **other: Any) -> tuple[int, Any]:
        """A call of our own, with a nonce of its own."""
        self.serial += 1
        now = NINE + timedelta(seconds=late)
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        path = f"/oauth/{operation}" if operation == "token" else f"/oauth/api/{operation}"
        stamp = str(int((now.timestamp() + other.get("skew", 0)) * 1000))
        nonce = other.get("nonce", f"{self.serial:016d}")
        sign = signature(other.get("secret", SECRETS["client_secret"]), path, stamp, nonce, body)
        headers = {
            "x-client-id": other.get("client", SECRETS["client_id"]), "x-timestamp": stamp,
            "x-nonce": nonce, "x-sign": sign,
            "authorization": "Bearer " + other.get("token", SECRETS["access_token"]),
        }  # fmt: skip
        self.desk.moods = frozenset(other.get("moods", ()))
        said = self.side.answer(Request("POST", path, "", headers, body), now)
        told = json.loads(said.body) if said.body else {}
        return told.get("code", said.status), told.get("data")

    def hold(self, **changes: Any) -> Ticket:
        """The ticket of the golden transcripts, at some point of its life."""
        made = Ticket("QR20261122000000000017", "APP-0017", SESSION, NINE, NINE + timedelta(seconds=90))
        for name, value in changes.items():
            setattr(made, name, value)
        self.side.user.tickets[made.ticket] = made
        return made


def same(at: At, line: str, moods: Iterable[str] = (), late: float = 1.0) -> None:
    """The golden answer but for the numbers that the system gives itself."""
    said, wanted = at.say(line, moods, late), LINES[line]["reply"]
    assert (said.status, said.headers["Content-Type"]) == (
        wanted["status"],
        wanted["headers"]["Content-Type"],
    )
    ours, theirs = (json.loads(re.sub(NUMBERS, r'"\1":"#"', t)) for t in (said.body.decode(), wanted["body"]))
    assert ours == theirs


def body_of(line: str, **changes: Any) -> dict[str, Any]:
    return dict(json.loads(LINES[line]["request"]["body"])) | changes


SCANNED, CONFIRMED = (NINE + timedelta(seconds=seconds) for seconds in (20, 31))


def test_the_worked_example_of_the_papers() -> None:
    made = signature(
        "9d3F#scan-secret-2026", "/oauth/token", "1795309200000", "0123456789abcdef",
        b'{"grant_type":"client_credentials"}',
    )  # fmt: skip
    assert made == "fe0e66156c59d5032d1619e64ee5e616b5fca809c4882d0762bad8e861a69e84"


def test_golden_tickets_and_states() -> None:
    same(At("P23", token=False), "token")
    same(At("P23", token=False), "token-bad-sign")
    at = At("P23")
    same(at, "ticket-ok", late=0.0)
    first = next(iter(at.side.user.tickets))
    again = json.loads(at.say("ticket-again", late=0.0).body)
    assert (again["code"], again["data"]["ticket"]) == (4401, first)
    for line, changes in (
        ("state-new", {}),
        ("state-scanned", {"state": "scanned", "scanned": SCANNED}),
        ("state-ok", {"state": "confirmed", "code": "c0de-7f31", "scanned": SCANNED, "confirmed": CONFIRMED}),
        ("state-cancelled", {"state": "cancelled", "scanned": SCANNED}),
        ("state-expired", {"state": "expired"}),
        ("state-other-session", {}),
    ):
        at = At("P23")
        at.hold(**changes)
        same(at, line)
    at = At("P23")
    at.hold(polled=NINE)
    same(at, "state-too-fast")
    same(At("P23", token=False), "ticket-token-expired")


def test_golden_identities() -> None:
    done = {"state": "confirmed", "code": "c0de-7f31", "scanned": SCANNED, "confirmed": CONFIRMED}
    at = At("P24")
    at.hold(**done)
    same(at, "identity-ok", late=0.0)
    same(at, "identity-used")
    for line, change in (("identity-revoked", "revoked"), ("identity-role", "without_role")):
        at = At("N05")
        at.hold(**done)
        at.side.user.revoked = {"916201022243338110"} if change == "revoked" else set()
        at.side.user.without_role = change == "without_role"
        same(at, line)


@pytest.mark.parametrize(
    ("ident", "line", "message"),
    [("P24", "face-ok", "real-person.verify"), ("N05", "verify-ok", "entity.verify"),
     ("C04", "seal-ok", "ca.seal"), ("C04", "cert-ok", "ca.issue")],
)  # fmt: skip
def test_golden_services(ident: str, line: str, message: str) -> None:
    at = At(ident)
    known = service(D, message, "reply").home(json.loads(LINES[line]["reply"]["body"])["data"])
    at.desk.books[message] = lambda asked, now: known
    same(at, line)


def test_golden_messages() -> None:
    for ident, line in (
        ("P23", "app-ok"),
        ("L02", "todo-ok"),
        ("P23", "progress-ok"),
        ("P24", "subscribe-ok"),
    ):
        at = At(ident)
        same(at, line)
        assert at.desk.ledger.effects == 1
    at = At("L02")
    same(at, "todo-ok")
    same(at, "todo-again")
    assert at.call("todo", body_of("todo-ok", title="别的"))[0] == 4402
    assert at.desk.ledger.effects == 1


def test_a_signature_is_a_ticket_first() -> None:
    at = At("C04")
    same(at, "sign-ok")
    ticket = next(iter(at.side.user.tickets))
    code, data = at.call("sign", body_of("sign-ok"))
    assert (code, data["state"], data["ticket"]) == (4401, 0, ticket)
    at.side.user.act("refuse", ticket, NINE + timedelta(seconds=5))
    code, data = at.call("sign", body_of("sign-ok"), late=6.0)
    assert (code, data) == (4401, {"state": 3, "ticket": ticket})
    assert at.call("sign", body_of("sign-ok", req_no="CAS-9"), late=91.0)[0] == 4102


def test_a_login_from_ticket_to_identity_and_what_time_does() -> None:
    at = At("P23")
    ask = {name: body_of("state-ok")[name] for name in ("client_id", "session_hash")}
    ticket = at.call("ticket", body_of("ticket-ok"))[1]["ticket"]

    def state(late: float) -> Any:
        code, data = at.call("state", {**ask, "ticket": ticket}, late)
        return data["state"] if code == 200 else code

    assert (state(2), state(3)) == (0, 4103), "no faster than every two seconds"
    at.side.user.act("scan", ticket, NINE + timedelta(seconds=4))
    assert state(5) == 1
    at.side.user.act("confirm", ticket, NINE + timedelta(seconds=6))
    code, data = at.call("state", {**ask, "ticket": ticket}, 8)
    assert (code, data["state"]) == (200, 2)
    identity = body_of("identity-ok", code=data["code"])
    assert at.call("identity", identity | {"session_hash": "0" * 64}, 9)[0] == 4104
    assert at.call("identity", identity, 9)[0] == 200
    assert at.call("identity", identity, 10)[0] == 4201
    assert at.call("state", {**ask, "ticket": ticket}, 12)[1]["state"] == 5
    with pytest.raises(ValueError):
        at.side.user.act("refuse", ticket, NINE)
    with pytest.raises(KeyError):
        at.side.user.act("scan", "QR0", NINE)
    assert at.call("identity", identity | {"code": "none"}, 13)[0] == 4202


def test_tickets_and_codes_grow_old() -> None:
    for ident, seconds in (("P23", 90), ("N05", 60)):
        at = At(ident)
        made = at.call("ticket", body_of("ticket-ok"), 0)[1]
        ask = {"ticket": made["ticket"], "client_id": "APP-0017", "session_hash": SESSION}
        assert made["expire_time"] == int(NINE.timestamp() + seconds) * 1000, "N05: at most a minute"
        assert at.call("state", ask, seconds - 1)[1]["state"] == 0
        assert at.call("state", ask, seconds + 2)[1]["state"] == 4
    at = At("P23")
    held = at.hold(state="confirmed", code="c", scanned=NINE, confirmed=NINE)
    identity = body_of("identity-ok", code="c")
    assert at.call("identity", identity, 61)[0] == 4202 and held.state == "expired"


def test_a_user_who_acts_by_himself() -> None:
    for auto, wanted in (("confirm", 2), ("refuse", 3), ("", 0)):
        at = At("P23")
        at.side.user.auto = auto
        ticket = at.call("ticket", body_of("ticket-ok"), 0)[1]["ticket"]
        ask = {"ticket": ticket, "client_id": "APP-0017", "session_hash": SESSION}
        assert at.call("state", ask, 3)[1]["state"] == wanted


def test_the_order_of_checks() -> None:
    at, good = At("P23"), body_of("ticket-ok")
    assert at.call("ticket", b" " * (16 * 2**20 + 1))[0] == 4505
    assert at.call("nothing", good)[0] == 404
    assert at.call("ticket", good, client="other")[0] == 4001
    assert at.call("ticket", good, skew=301)[0] == 4003
    assert at.call("ticket", good, secret="other")[0] == 4002
    assert at.call("ticket", good, nonce="short")[0] == 4004
    assert at.call("ticket", good, token="other")[0] == 4010
    assert at.call("ticket", b"[1]")[0] == 4504
    assert at.call("seal", body_of("seal-ok"))[0] == 4506, "P23 seals nothing"
    assert at.call("ticket", good | {"scene": ""})[0] == 4501
    assert at.call("ticket", good | {"ttl_seconds": "90"})[0] == 4502
    assert at.call("ticket", good)[0] == 200
    assert at.call("ticket", good, nonce="n" * 16)[0] == 4401
    assert at.call("ticket", good, nonce="n" * 16)[0] == 4004
    assert at.call("ticket", good | {"scene": "sign"})[0] == 4402
    assert at.call("ticket", good, late=7202.0)[0] == 4010, "two hours"
    assert at.call("token", {"grant_type": "password"})[0] == 4503


@each(
    ("mood", "line", "wanted"),
    [
        ("ticket-expired", "state-ok", {"state": 4}), ("ticket-expired", "identity-ok", 4102),
        ("scanned-not-confirmed", "state-ok", {"state": 1}), ("poll-too-fast", "state-ok", 4103),
        ("code-used-twice", "identity-ok", 4201), ("licence-revoked", "identity-ok", 4301),
        ("role-not-authorised", "identity-ok", 4302), ("token-expired", "state-ok", 4010),
        ("busy", "ticket-ok", 5001), ("internal-error", "ticket-ok", 5000),
    ],
)  # fmt: skip
def test_faults(mood: str, line: str, wanted: Any) -> None:
    at = At("P23")
    at.hold(state="confirmed", code="c0de-7f31", scanned=SCANNED, confirmed=CONFIRMED)
    told = json.loads(at.say(line, (mood,)).body)
    if isinstance(wanted, int):
        assert (told["code"], told["data"]) == (wanted, None)
    else:
        assert told["data"]["state"] == wanted["state"] and "code" not in told["data"]
    assert at.desk.ledger.effects == 0


def test_confirmed_without_a_code() -> None:
    at = At("P23")
    at.hold(state="confirmed", code="c0de-7f31", scanned=SCANNED, confirmed=CONFIRMED)
    same(at, "state-no-code", ("state-no-code",))


def test_many_apps_at_p23() -> None:
    """Quirk many-apps: another version of an application updates it, withdraw takes it down."""
    at = At("P23")
    for number in range(76):
        assert at.call("app", body_of("app-ok", app_code=f"app-{number}"))[0] == 200
    assert at.call("app", body_of("app-ok", app_code="app-1", version="2.0.0"))[0] == 200
    assert at.call("app", body_of("app-ok", app_code="app-2", version="2.0.0", withdraw=True))[0] == 200
    apps = at.desk.switches["apps"]
    assert (len(apps), apps["app-1"], "app-2" in apps) == (75, "2.0.0", False)
