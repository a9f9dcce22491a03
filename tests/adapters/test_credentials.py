"""Each credential of each dialect left out of `peers.toml` in turn: it is named, or nothing depends on it.

What is asked of the hub: no bare `KeyError`, and nothing said in a system's name with half of its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.credentials import CODE, CredentialError
from hub.delivery.attempt import Caller
from hub.delivery.limits import Limits
from hub.dialects import find
from hub.errors import SenderError
from hub.failpoints import FailPoints
from hub.peers import Peers
from hub.ports import Blame, Call, Kind, Outgoing, Session, WireReply, WireRequest
from hub.standard import load
from simulators.fleet import Fleet, Options
from simulators.peers import write
from simulators.roll import Row, roll
from simulators.roster import cannot
from tests.adapters.contract import AT
from tests.adapters.records import fields_of

DIALECTS = find().loaded
NONCE = "000102030405060708090a0b0c0d0e0f"
IN, WIRE, PLAIN = "what comes in is opened or proved with it", "its carrier needs it", "papers name a default"
RIDS = ("zbjg", "htqd", "xycx", "jlcx", "ryhy", "srhy", "sfhq", "qyhy", "zzcx")
# What our own calls can be made without, and why; everything else has to be missed.
SPARED: Mapping[tuple[str, str], str] = {
    ("cascade-db-file", "files"): WIRE, ("cascade-db-file", "db_username"): WIRE,
    ("cascade-db-file", "db_password"): WIRE, ("cascade-db-file", "file_username"): WIRE,
    ("cascade-db-file", "file_password"): WIRE, ("front-db", "username"): WIRE,
    ("front-db", "password"): WIRE, ("xml-drop", "username"): WIRE, ("xml-drop", "password"): WIRE,
    ("gateway-gm", "peer_pub"): IN, ("sm2-envelope", "peer_public"): IN, ("sm2-envelope", "sof_app"): WIRE,
    ("sm2-envelope", "sof_key"): WIRE, ("soap12-x509", "peer_certificate"): IN,
    ("static-token-rest", "own_private"): IN, ("static-token-rest", "aes_key"): IN,
    ("static-token-rest", "aes_iv"): IN, **{("exch-hmac", f"rid_{one}"): PLAIN for one in RIDS},
}  # fmt: skip


@dataclass(frozen=True)
class Met:
    """One system of a dialect and variant, and its row of `peers.toml`."""

    row: Row
    peer: Mapping[str, Any]

    def without(self, path: Path, name: str) -> Peers:
        """The file as an officer may have left it."""
        secrets = {one: text for one, text in self.peer["credentials"].items() if one != name}
        row = {"base": "http://127.0.0.1:1", "credentials": secrets}
        write(path, {"systems": {self.row.id: row}})
        return Peers(path, env={})


@pytest.fixture(scope="module")
def met() -> list[Met]:
    chosen: dict[tuple[str, str], Row] = {}
    for row in roll().values():
        if not cannot(row):
            chosen.setdefault((row.dialect, row.variant), row)
    fleet = Fleet.muster(Options(systems=tuple(row.id for row in chosen.values()), seed=1))
    peers = fleet.peers()["systems"]
    return [Met(row, peers[row.id]) for row in chosen.values()]


def plain(value: Any) -> Any:
    """Whatever a dialect can write."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value.encode("ascii", "ignore").decode() or "x" if isinstance(value, str) else value


def sayings(dialect: str) -> Iterator[Outgoing]:
    """Everything the hub can say there."""
    papers = Papers.load(dialect)
    for stage in papers.stages():
        direction = "out" if papers.rows(stage, "out") else "request"
        if not papers.rows(stage, direction):
            continue
        message = next(row.message for row in papers.fields if row.stage == stage)
        fields = plain(fields_of(papers, stage, direction, 1))
        if dialect == "chain-rest":
            fields |= {"digest": "0" * 64, "digestAlgorithm": "02", "businessId": "b1"}
        record = stage if direction == "out" else ""
        yield Outgoing(message, record, "insert", 1, fields, sender="T03", key="K-1", hub_id="h")
    if dialect == "hub-unified-v1":
        envelope = load().sample("eng-tender-notice", 11)
        fields = {one: str(v) if isinstance(v, int) else v for one, v in envelope["body"]["fields"].items()}
        yield Outgoing(
            "notice.publish", "eng-tender-notice", "insert", 1, fields, {}, (), envelope,
            sender="T03", key="N-1", hub_id="01998d2e-7a00-7000-8000-000000000001",
        )  # fmt: skip


def asked(row: Row, credentials: Mapping[str, str]) -> Iterator[tuple[str, WireRequest | str | None]]:
    """All that can be asked of the dialect outward, by name; the credential it named where it could not."""
    dialect = DIALECTS[row.dialect]
    call = Call(row.id, row.variant, credentials, AT, NONCE, "k1", Session("S-1", AT.replace(year=2027)))
    calls: list[tuple[str, Callable[[], WireRequest | None]]]
    calls = [("login", partial(dialect.login, replace(call, session=None)))]
    for one in sayings(row.dialect):
        name = one.stage or one.message
        calls.append((f"encode {name}", partial(dialect.encode, one, call)))
        calls.append((f"ask {name}", partial(dialect.ask, one, call)))
    for name, made in calls:
        try:
            yield name, made()
        except SenderError:  # no place for it in this variant
            continue
        except CredentialError as error:
            yield name, error.findings[0].at.rpartition(".")[2]


def test_who_lacks_a_credential_is_told_which(met: list[Met], tmp_path: Path) -> None:
    assert {one.row.dialect for one in met} == set(DIALECTS) and len(DIALECTS) == 19
    wrong: list[str] = []
    spared: set[tuple[str, str]] = set()
    for one in met:
        ident, dialect = one.row.id, one.row.dialect
        whole = one.without(tmp_path / "peers.toml", "").get(ident)
        assert whole is not None
        good, again = (dict(asked(one.row, whole.credentials)) for _ in range(2))
        assert any(isinstance(made, WireRequest) for made in good.values()), dialect
        for name in one.peer["credentials"]:
            peer = one.without(tmp_path / "peers.toml", name).get(ident)
            assert peer is not None
            found = dict(asked(one.row, peer.credentials))
            missed = {what for what, said in found.items() if said == name}
            # Some signatures are other each time.
            steady = {what for what in set(found) - missed if good[what] == again[what]}
            other = sorted(what for what in steady if found[what] != good[what])
            wrong += [
                f"{dialect} {one.row.variant} without {name}: {what} is said otherwise" for what in other
            ]
            if not missed:
                spared.add((dialect, name))
    assert wrong == []
    assert spared == set(SPARED), "the table says which are not needed to speak, no more and no fewer"


class Wire:
    """Takes everything."""

    def __init__(self) -> None:
        self.sent: list[WireRequest] = []

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        self.sent.append(request)
        return WireReply(200, {"content-type": "application/json"}, b'{"evidenceId": "E1", "repeat": false}')

    async def close(self) -> None:
        return None


async def test_a_delivery_waits_until_the_officer_has_mended_the_file(met: list[Met], tmp_path: Path) -> None:
    """B01, where it was first seen."""
    one = next(one for one in met if one.row.dialect == "chain-rest")
    path, wire = tmp_path / "peers.toml", Wire()
    peers = one.without(path, "app_id")
    caller = Caller(
        one.row, DIALECTS["chain-rest"], wire, peers, lambda: AT, lambda: NONCE, FailPoints(), Limits(60)
    )
    said = next(each for each in sayings("chain-rest") if each.message == "chain.put")
    for unsure, kind in ((False, Kind.RETRY), (True, Kind.UNKNOWN)):
        outcome = await caller.deliver(said, "k1", unsure=unsure)
        assert (outcome.kind, outcome.code, outcome.blame) == (kind, CODE, Blame.HUB)
        for words in (str(path), "[systems.B01].credentials.app_id", "缺少", "peers.toml 中改正"):
            assert words in outcome.foreign, outcome.foreign
    assert not wire.sent
    one.without(path, "")
    assert (await caller.deliver(said, "k1", unsure=False)).kind is Kind.DELIVERED
    assert wire.sent[0].headers["X-App-Id"] == one.peer["credentials"]["app_id"]
