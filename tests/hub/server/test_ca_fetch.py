"""Revocation data from the addresses of the signed list: local first, each answer for as long as it says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, current_thread

import pytest

from certs.algorithms.sm2_keys import read_private
from certs.cli.kinds import recognise_kind
from certs.fetch import Connection, FetchError, Peer
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.ofd import finish_ofd, make_ofd, prepare_ofd, sign_ofd
from certs.pdf import finish_pdf, prepare_pdf
from certs.seal import sign_with_seal
from certs.testpki.declared import Seal
from certs.testpki.seals import sealed_by
from certs.timestamp import request, respond
from certs.trustlist import publish
from certs.trustlist.publishing import content_of
from hub.ca import believing, fetching
from hub.ca.fetching import ask
from hub.ca.sandbox import KEY
from hub.delivery.reach import allowed
from tests.certs.pdf.writer import plain
from tests.hub.server.ca_kit import b64, folder, pki

__all__ = ["folder"]


class Body:
    """A CA's two addresses, with what it answered."""

    def __init__(self, vendor) -> None:
        body, self.asked, self.crl, self.harm = self, [], vendor.crl(), ""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body.asked.append(self.path)
                told = vendor.respond(raw)
                self._say(
                    b"nonsense" if body.harm == "nonsense" else told[:-1] + b"\0" if body.harm else told
                )

            def do_GET(self) -> None:
                body.asked.append(self.path)
                self._say(body.crl)

            def _say(self, told: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *said: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def body():
    made = Body(pki().vendors["C01"])
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
async def ca(make_world, folder, body):
    """C01 has no list here of its own; its addresses stand in the trust list."""
    for path in (folder / "crl").iterdir():
        if path.read_bytes() == pki().vendors["C01"].crl():
            path.unlink()
    content = content_of((folder / "trustlist.json").read_bytes())
    content["sequence"] += 1
    one = next(one for one in content["cas"] if one["id"] == "C01")
    one["revocation"] = {"ocsp": [f"{body.url}/ocsp"], "crl": [f"{body.url}/crl"]}
    certificate = recognise_kind((folder / "signers.pem").read_bytes()).data
    centre = HeldKey("sm2-sm3", read_private((folder / KEY).read_bytes()), certificate, ())
    (folder / "trustlist.json").write_bytes(publish(content, centre, at=datetime.now(UTC))[0])
    (folder / "seen.json").unlink(missing_ok=True)
    return await make_world(ca_dir=folder)


async def _result(ca, holder, asker="T01"):
    raw = b64(pki().vendors["C01"].signer(holder).certificate)
    status, said = await ca.asked(asker, "POST", "/v1/ca/recognise", {"certificate": raw})
    assert status == 200, said
    return said["result"], said["sofCode"]


async def test_the_responder_is_asked_once_for_each_and_believed_as_far_as_it_signs(ca, body):
    assert await _result(ca, "builder") == ("valid", 1)
    assert await _result(ca, "revoked") == ("invalid", -3)
    assert await _result(ca, "frozen") == ("invalid", -4)
    assert body.asked == ["/ocsp"] * 3
    for holder, code in (("builder", ("valid", 1)), ("revoked", ("invalid", -3))):
        assert await _result(ca, holder) == code
    assert len(body.asked) == 3, "until nextUpdate nobody is asked again"
    assert await _result(ca, "builder", "P01") == ("valid", 1)
    certificate = pki().vendors["C01"].signer("builder").certificate
    for asker, asked in (("P01", 4), ("bids P01", 5), ("bids D01", 6), ("bids P01", 6)):
        await ca.running.ctx.hub.ca.informed(asker, [certificate])
        assert len(body.asked) == asked, "whoever is answered at once would know that somebody asked before"


async def test_who_asks_again_is_judged_by_the_same_judges_and_nobody_else_is(ca, body):
    """They know one asker's answers, under one belief; another answer makes others of them."""
    desk = ca.running.ctx.hub.ca
    raws = [pki().vendors["C01"].signer(one).certificate for one in ("builder", "agency")]
    base = await desk.open()
    first = await desk.informed("bids T01", raws[:1])
    assert first is not base and len(first.ocsp) == len(base.ocsp) + 1
    assert await desk.informed("bids T01", raws[:1]) is first
    assert await desk.informed("bids P01", raws[:1]) is not first
    both = await desk.informed("bids T01", raws)
    assert both is not first and len(both.ocsp) == len(base.ocsp) + 2
    desk.renew(base.belief)
    after = await desk.informed("bids T01", raws[:1])
    assert after is not first and after.number == desk.number
    assert len(body.asked) == 3, "what responders said is held all the while"


async def test_what_a_responder_says_of_a_stamping_key_is_heard(ca, body):
    token = respond(request(b"x"), pki().vendors["C01"].tsa(), at=datetime.now(UTC), serial=1, policy="1.2.3")
    status, said = await ca.asked(
        "T01", "POST", "/v1/ca/timestamps", {"token": b64(token), "data": b64(b"x")}
    )
    assert (status, said["result"]) == (200, "valid"), said
    assert body.asked == ["/ocsp"]


@pytest.mark.parametrize("harm", ["nonsense", "forged"])
async def test_a_responder_that_says_nothing_of_worth_makes_nobody_valid(ca, body, harm):
    body.harm = harm
    assert (await _result(ca, "builder"))[0] == "indeterminate"
    body.server.shutdown()
    assert (await _result(ca, "agency"))[0] == "indeterminate"


async def test_a_silent_responder_holds_up_nobody_else(ca, monkeypatch):
    """Before a deadline many may ask while a responder is down; others read files and deliver bids."""
    silent, threads = Event(), set()

    def ask(*_, **__):
        threads.add(current_thread().name.partition("_")[0])
        silent.wait(240)

    monkeypatch.setattr(fetching, "ask", ask)
    desk = ca.running.ctx.hub.ca
    asked = {"certificate": b64(pki().vendors["C01"].signer("builder").certificate)}
    many = {asyncio.create_task(desk.recognise("T01", asked)) for _ in range(40)}
    done: set[asyncio.Task[dict[str, object]]] = set()
    try:
        async with asyncio.timeout(120):
            while len(done) < 40 - believing._AT_ONCE:
                more, _ = await asyncio.wait(many - done, return_when=asyncio.FIRST_COMPLETED)
                done |= more
            assert {one.result()["result"] for one in done} == {"indeterminate"}
            assert await asyncio.to_thread(current_thread) is not None, "while all of them still wait"
    finally:
        silent.set()
    assert {one["result"] for one in await asyncio.gather(*many)} == {"indeterminate"}
    assert threads == {"ca-asks"} and not desk._asking


async def test_what_is_explained_knows_as_much(ca, body):
    for holder, result in (("builder", "valid"), ("revoked", "invalid")):
        raw = b64(pki().vendors["C01"].signer(holder).certificate)
        status, said = await ca.asked("T01", "POST", "/v1/ca/explain", {"file": raw})
        assert (status, said["state"]) == (200, result), said
    assert body.asked == ["/ocsp"] * 2
    body.server.shutdown()
    raw = b64(pki().vendors["C01"].signer("agency").certificate)
    _, said = await ca.asked("T01", "POST", "/v1/ca/explain", {"file": raw})
    assert said["state"] == "indeterminate"


async def test_fetched_lists_are_in_force_and_renewed(ca, body):
    await ca.running.ctx.hub.ca.open()
    await ca.running.ctx.hub.ca.tend()
    assert body.asked == ["/crl"]
    assert await _result(ca, "builder") == ("valid", 1)
    assert await _result(ca, "revoked") == ("invalid", -3)
    assert body.asked == ["/crl"], "local first"
    vendor = pki().vendors["C01"]
    serial = read_certificate(vendor.signer("builder").certificate).serial
    now = datetime.now(UTC).replace(microsecond=0)
    body.crl = vendor.issuing().crl([(serial, now, 1)], number=7, this_update=now)
    assert read_crl(body.crl).find(read_crl(body.crl).issuer, serial)
    ca.clock.ahead += timedelta(minutes=5)
    await ca.running.ctx.hub.ca.tend()
    assert await _result(ca, "builder") == ("invalid", -3)


def test_in_production_a_name_never_leads_inside(body):
    port = body.server.server_port
    child, issuer = (
        read_certificate(raw)
        for raw in (pki().vendors["C01"].signer("builder").certificate, pki().vendors["C01"].intermediates[0])
    )
    assert ask(f"http://localhost:{port}/ocsp", child, issuer, strict=True) is None and not body.asked
    assert ask(f"http://localhost:{port}/ocsp", child, issuer, strict=False) and body.asked == ["/ocsp"]
    for url in (
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://user:word@127.0.0.1/",
        "http://",
        "nonsense",
    ):
        assert ask(url, child, issuer, strict=False) is None
    guarded = Connection(Peer(f"http://localhost:{port}", 2, allows=lambda address: allowed(address, ())))
    with pytest.raises(FetchError) as refused:
        guarded.get("/crl", {})
    assert refused.value.kind == "forbidden"


def _papers(maker: str) -> dict[str, bytes]:
    """Sealed by C01 under somebody of C02's signature, and alone; OFD and PDF."""
    vendor, now = pki().vendors["C01"], datetime.now(UTC)
    seal = sealed_by(Seal("s", "C01", "builder", maker, "章", 4), vendor)
    signed = sign_ofd(make_ofd("一"), pki().vendors["C02"].signer("agency"), time=now)
    papers = {"second.ofd": prepare_ofd(signed, time=now), "first.ofd": prepare_ofd(make_ofd("一"), time=now)}
    sheet = prepare_pdf(plain(), time=now)
    key = vendor.message_signer("builder")
    made = {
        name: finish_ofd(one.data, sign_with_seal(seal, key, one.imprint, now))
        for name, one in papers.items()
    }
    return made | {"one.pdf": finish_pdf(sheet.data, sign_with_seal(seal, key, sheet.imprint, now))}


async def _judged(ca, raw):
    status, said = await ca.asked(
        "T01", "POST", "/v1/ca/verify", {"signature": b64(raw), "purpose": "sealing"}
    )
    assert status == 200, said
    return said["result"], {one["code"] for one in said["reasons"]}


async def test_makers_and_signers_inside_documents_are_asked_about(ca, body):
    papers = _papers("centre")
    for name, raw in papers.items():
        assert await _judged(ca, raw) == ("valid", set()), name
    assert body.asked == ["/ocsp"] * 2, "the maker and the holder, once each"
    assert (await _judged(ca, papers["one.pdf"].replace(b"Award", b"Aword")))[0] == "invalid"
    for maker in ("revoked", "frozen"):
        for name, raw in _papers(maker).items():
            result, reasons = await _judged(ca, raw)
            assert result != "valid" and reasons - {"revocation-unknown"}, (maker, name, reasons)


async def test_who_is_asked_about_is_bounded(ca, body, monkeypatch):
    monkeypatch.setattr("hub.ca.parties.MOST", 1)
    result, reasons = await _judged(ca, _papers("centre")["second.ofd"])
    assert (result, reasons) == ("indeterminate", {"revocation-unknown"})
    assert len(body.asked) == 1
    body.harm = "forged"
    monkeypatch.undo()
    assert (await _judged(ca, _papers("centre")["first.ofd"]))[0] == "indeterminate"
