"""Foreign hands at P05 over mutual TLS: npm soap signs by its own code, zeep builds from the WSDL."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
import requests
from lxml import etree
from zeep import Client, Plugin
from zeep.exceptions import Fault
from zeep.transports import Transport

from hub.standard import load
from simulators.dialects import soap12_security as security
from simulators.dialects.soap12_identity import private
from simulators.dialects.soap12_saying import NS
from simulators.fleet import Fleet, Options
from simulators.translate import outward

NPM = Path(__file__).parents[1] / "npm"
WSA = "http://www.w3.org/2005/08/addressing"


@pytest.fixture(name="fleet", scope="module")
def fleet_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """On a loop of its own, because the clients block."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    fleet = Fleet.muster(Options(("P05",), pki=tmp_path_factory.mktemp("pki")))
    asyncio.run_coroutine_threadsafe(fleet.start(), loop).result(20)
    yield fleet
    asyncio.run_coroutine_threadsafe(fleet.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def deposit(key: str, **record: Any) -> dict[str, Any]:
    fields = dict(load().sample("eng-bid-margin", 3)["body"]["fields"])
    said = outward("soap12-x509", "eng-bid-margin", "out", fields) | record
    head = {
        "BusinessKey": key, "Operation": "Create", "Version": 1, "SourceSystem": "T01",
        "SendTime": "2026-11-22T09:00:00+08:00",
    }  # fmt: skip
    return {"Header": head, "Record": said}


def url(fleet: Fleet) -> str:
    return fleet.address("P05") + "/ws/ResourceExchange"


def test_nobody_without_a_certificate(fleet: Fleet) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url(fleet) + "?wsdl", verify=fleet.peers()["systems"]["P05"]["tls"]["ca"], timeout=60)


def test_npm_soap(fleet: Fleet) -> None:
    node = shutil.which("node")
    wanted = hashlib.sha256((NPM / "package.json").read_bytes()).hexdigest()[:16]
    home = os.environ.get("HUTONG_NPM_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    modules = Path(home) / "hutong-npm" / wanted / "node_modules"
    if node is None or not modules.is_dir():
        pytest.skip("node or npm soap is missing")
    peer = fleet.peers()["systems"]["P05"]
    given = {
        "url": url(fleet), "namespace": NS, "operation": "PushDeposit",
        **{name: Path(peer["tls"][name]).read_text("ascii") for name in ("ca", "cert", "key")},
        "signCert": peer["credentials"]["certificate"], "signKey": peer["credentials"]["private_key"],
        "calls": [deposit("npm-1"), deposit("npm-1"), deposit("npm-1", BidderName="别人"), deposit("")],
    }  # fmt: skip
    env = os.environ | {"NODE_PATH": str(modules)}
    command = [node, str(NPM / "soap12_call.cjs")]
    done = subprocess.run(
        command, input=json.dumps(given).encode(), capture_output=True, env=env, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    first, again, other, empty = json.loads(done.stdout)
    assert first["said"]["Status"]["Code"] == "S000", first
    assert again["said"]["Status"]["Code"] == "S010"
    assert again["said"]["Receipt"]["ReceiptNo"] == first["said"]["Receipt"]["ReceiptNo"]
    codes = [re.search(r"businessCode>(S\d+)<", str(one.get("fault"))) for one in (other, empty)]
    assert [found and found[1] for found in codes] == ["S320", "S301"]


class Signing(Plugin):
    """zeep builds the letter; addressing and signature as the papers want them are added on the way out."""

    def __init__(self, fleet: Fleet) -> None:
        given = fleet.systems["P05"].desk.credentials
        key = private("rsa-sha256", given["private_key"])
        self.own = security.Identity("rsa-sha256", security.der(given["certificate"]), key)

    def egress(self, envelope: Any, http_headers: Any, operation: Any, binding_options: Any) -> Any:
        body = envelope.find(f"{{{security.ENV}}}Body")
        body.set(f"{{{security.WSU}}}Id", "Body")
        spaces = (
            f'xmlns:env="{security.ENV}" xmlns:wsse="{security.WSSE}" xmlns:wsu="{security.WSU}" '
            f'xmlns:wsa="{WSA}"'
        )
        header = (
            f"<wsa:Action>{NS}/{operation.name}</wsa:Action>"
            f"<wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
            f"{security.security_header(self.own, datetime.now(UTC))}"
        )
        inside = etree.tostring(body, encoding="unicode")
        whole = f"<env:Envelope {spaces}><env:Header>{header}</env:Header>{inside}</env:Envelope>"
        signed = etree.fromstring(security.completed(whole, self.own).encode())
        for child in list(envelope):
            envelope.remove(child)
        for child in list(signed):
            envelope.append(child)
        return envelope, http_headers


def test_zeep(fleet: Fleet) -> None:
    tls = fleet.peers()["systems"]["P05"]["tls"]
    session, transport = requests.Session(), cast("Any", Transport)
    session.trust_env = False  # no bundle of this machine's instead of the sandbox's
    session.verify, session.cert = tls["ca"], (tls["cert"], tls["key"])
    client = cast("Any", Client)(
        url(fleet) + "?wsdl", transport=transport(session=session), plugins=[Signing(fleet)]
    )
    assert "10.20.0.5" in client.service._binding_options["address"], "an inside address, never used"
    port: Any = client.create_service(f"{{{NS}}}ResourceExchangeSoap12", url(fleet))
    first = port.PushDeposit(**deposit("zeep-1"))
    again = port.PushDeposit(**deposit("zeep-1"))
    assert (first.Status.Code, again.Status.Code) == ("S000", "S010")
    found = port.QueryRecord(BusinessKey="zeep-1")
    assert found.Status.Code == "S000" and found.Header.BusinessKey == "zeep-1"
    with pytest.raises(Fault) as caught:
        port.PushDeposit(**deposit("zeep-1", BidderName="别人"))
    assert b"S320" in etree.tostring(caught.value.detail)
