"""What the SOF server says of the recognition cases is what `/v1/ca` says, and what the cases expect."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from certs.algorithms.sm2_keys import pem
from certs.cases import CASES, Case, build
from certs.cases.stage import Stage
from certs.testpki.world import World
from hub.ca.belief import CRLS, LIST, SIGNERS
from hub.catalogue.gateways import Gateway
from tests.hub.sof.conftest import Server, serve, shut

PAPERS = Gateway.load()
AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
# Of each operation: the function, its arguments by file, and what the same is called at `/v1/ca`.
BARE = ("certificate.der", "content.bin", "signature.bin")
ASKED: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "ValidateCert": (("certificate.der",), {"certificate": "certificate.der"}),
    "VerifySignedData": (BARE, {"certificate": BARE[0], "data": BARE[1], "signature": BARE[2]}),
    "VerifySignedFile": (BARE, {"certificate": BARE[0], "data": BARE[1], "signature": BARE[2]}),
    "VerifySignedMessage": (("message.p7",), {"signature": "message.p7"}),
    "VerifySignedMessageDetach": (
        ("content.bin", "message.p7"), {"data": "content.bin", "signature": "message.p7"},
    ),
    "VerifySignedDataXML": (("document.xml",), {"signature": "document.xml"}),
    "VerifyTimeStamp": (("content.bin", "token.tst"), {"data": "content.bin", "signature": "token.tst"}),
}  # fmt: skip
KINDS = {"Data": "raw", "File": "raw", "Message": "attached", "MessageDetach": "detached", "DataXML": "xml"}


def told(files: Mapping[str, bytes], name: str) -> str:
    return base64.b64encode(files[name]).decode("ascii")


def cases() -> list[Case]:
    stage = Stage(World.open(now=AT, seed="hutong-sof/cases"))
    wanted = (row for row in CASES.values() if row.operation in ASKED)
    return sorted((build(row, stage) for row in wanted), key=believed)


def believed(case: Case) -> tuple[Any, ...]:
    """The same for cases that one hub can answer: what lies in its folder."""
    crls = sorted(raw for name, raw in case.files.items() if name.endswith(".crl"))
    return case.files["trustlist.json"], case.files["centre.der"], *crls


def lay_down(folder: Path, case: Case) -> None:
    (folder / CRLS).mkdir(parents=True)
    (folder / LIST).write_bytes(case.files["trustlist.json"])
    (folder / SIGNERS).write_text(pem("CERTIFICATE", case.files["centre.der"]))
    for name, raw in case.files.items():
        if name.endswith(".crl"):
            (folder / CRLS / name).write_bytes(raw)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Case, Any, Any]]]:
    """Each case with what the SOF server and what `/v1/ca` said of it."""
    found = []
    for number, (_, group) in enumerate(groupby(cases(), key=believed)):
        several = list(group)
        data = tmp_path_factory.mktemp(f"hub{number}")
        lay_down(data / "ca", several[0])
        server = serve(data, AT)
        found += [(case, *both(server, case)) for case in several]
        shut(server)
    yield found


def both(server: Server, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    operation = case.row.operation
    names, members = ASKED[operation]
    known = ("sector", "medium", "purpose", "subject")
    options = {name: case.asked[name] for name in known if case.asked.get(name)}
    given = [told(case.files, name) for name in names]
    said = server.ask(f"SOF_{operation}", *given, options=options)
    question: dict[str, Any] = {**options, **{name: told(case.files, one) for name, one in members.items()}}
    if operation == "ValidateCert":
        return said, server.judged("recognise", question)
    kind = "timestamp" if operation == "VerifyTimeStamp" else KINDS[operation.removeprefix("VerifySigned")]
    return said, server.judged("verify", {**question, "kind": kind})


def test_a_verdict_is_that_of_the_hub_whoever_asks_how(answers: list[tuple[Case, Any, Any]]) -> None:
    """The same code, reasons and indulgence; a certificate nobody can read is an error, not an answer."""
    for case, said, whole in answers:
        if said["code"]:
            assert (said["code"], said["data"]) == (0x0B000405, None), (case.row.id, said)
            assert "malformed" in {one["code"] for one in whole["reasons"]}
            continue
        for name in ("sofCode", "result", "subIndication", "reasons", "forgiven", "medium", "ca", "list"):
            assert said[name] == whole[name], (case.row.id, name)
        wanted = whole["sofCode"] if case.row.operation == "ValidateCert" else whole["result"] == "valid"
        assert said["data"] == wanted, case.row.id
        error = PAPERS.errors[int(said["lastError"], 16)]
        assert (error.value == 0) is (whole["result"] == "valid"), case.row.id
        # A program that knows error codes alone is told the same gravity, where the codes have a word for it.
        if whole["sofCode"] != -6:
            assert error.sof == whole["sofCode"], (case.row.id, error.name)


def test_the_cases_are_answered_as_they_expect(answers: list[tuple[Case, Any, Any]]) -> None:
    assert len(answers) > 90
    for case, said, whole in answers:
        expected = case.row.sof, case.row.verdict in ("valid", "note")
        assert (whole["sofCode"], whole["result"] == "valid") == expected, case.row.id
        if said["code"]:
            assert expected == (-6, False), case.row.id
