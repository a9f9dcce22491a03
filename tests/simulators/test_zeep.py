"""Outside clients: zeep reads the WSDLs as they are served and talks to D09, D01 and M03."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from lxml import etree
from zeep import Client, Plugin
from zeep.exceptions import Fault

from hub.catalogue.papers import Papers
from simulators.fleet import Fleet, Options
from simulators.translate import outward

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"


@pytest.fixture(name="fleet", scope="module")
def fleet_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The fleet on a loop of its own, because zeep's transport blocks."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    pki: Path = tmp_path_factory.mktemp("pki")
    fleet = Fleet.muster(Options(("D01", "D09", "M03"), pki=pki))
    asyncio.run_coroutine_threadsafe(fleet.start(), loop).result(10)
    yield fleet
    asyncio.run_coroutine_threadsafe(fleet.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


class Digest(Plugin):
    """WS-Security as the papers want it, made by hand: zeep's own leaves out what they ask for."""

    def __init__(self, fleet: Fleet, ident: str, *, age: float = 0.0, password: str = "") -> None:
        given = fleet.systems[ident].desk.credentials
        self.user, self.password = given["username"], password or given["password"]
        self.age = timedelta(seconds=age)

    def egress(self, envelope: Any, http_headers: Any, operation: Any, binding_options: Any) -> Any:
        made = datetime.now(UTC) - self.age
        created, expires = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (made, made + timedelta(seconds=300)))
        nonce = os.urandom(16)
        digest = base64.b64encode(
            hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()
        ).decode()
        text = (
            f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}">'
            f"<wsu:Timestamp><wsu:Created>{created}</wsu:Created><wsu:Expires>{expires}</wsu:Expires>"
            f"</wsu:Timestamp><wsse:UsernameToken><wsse:Username>{self.user}</wsse:Username>"
            f"<wsse:Password>{digest}</wsse:Password>"
            f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
            "</wsse:UsernameToken></wsse:Security>"
        )
        soap = "{http://schemas.xmlsoap.org/soap/envelope/}"
        header = etree.Element(f"{soap}Header")
        header.append(etree.fromstring(text))
        envelope.insert(0, header)
        return envelope, http_headers


def service(fleet: Fleet, ident: str, **options: Any) -> Any:
    """The port at the configured address: the one in the WSDL is an inside address."""
    url = fleet.address(ident) + "/services/TradeExchange"
    client = Client(url + "?wsdl", plugins=[Digest(fleet, ident, **options)])
    assert "10.20.0.9" in client.service._binding_options["address"]
    return client.create_service("{http://exchange.ggzy.example/soap11/v1}TradeExchangeSoap", url)


def notice(make: Callable[[int], dict[str, Any]], key: str = "a" * 32, **record: Any) -> dict[str, Any]:
    fields = outward("soap11-wsse", "eng-tender-notice", "out", make(1)) | record
    kinds = {row.foreign: row.foreign_type for row in Papers.load("soap11-wsse").rows("eng-tender-notice")}
    typed = {n: v == "true" if kinds[n] == "xs:boolean" else v for n, v in fields.items()}
    head = {
        "businessId": key, "operation": "C", "version": 1, "sourceSystem": "T01",
        "sendTime": "2026-11-22T09:00:00",
    }  # fmt: skip
    return {"header": head, "record": typed}


@pytest.fixture(name="make")
def make_fixture() -> Callable[[int], dict[str, Any]]:
    from hub.standard import load

    return lambda seed: dict(load().sample("eng-tender-notice", seed)["body"]["fields"])


def test_push_duplicate_conflict_and_read_back(fleet: Fleet, make: Callable[[int], dict[str, Any]]) -> None:
    port, said = service(fleet, "D09"), notice(make)
    first = port.pushTenderNotice(**said)
    assert first.resultCode == "1" and first.data.receiptNo.startswith("D09-")
    again = port.pushTenderNotice(**said)
    assert (again.resultCode, again.data.receiptNo) == ("2", first.data.receiptNo)
    assert port.pushTenderNotice(**notice(make, noticeName="另一标题")).resultCode == "-5"
    found = port.queryRecord(businessId="a" * 32)
    assert (
        found.header.sourceSystem == "T01" and found.tenderNotice.noticeName == said["record"]["noticeName"]
    )
    assert port.queryRecord(businessId="b" * 32).header is None
    assert fleet.systems["D09"].desk.ledger.effects == 1


def test_who_is_not_let_in(fleet: Fleet, make: Callable[[int], dict[str, Any]]) -> None:
    for options, code in (({"password": "x"}, "FailedAuthentication"), ({"age": 400.0}, "MessageExpired")):
        with pytest.raises(Fault) as caught:
            service(fleet, "D09", **options).pushTenderNotice(**notice(make))
        assert code in str(caught.value.code)


def test_a_bad_form_and_a_bad_schema(fleet: Fleet, make: Callable[[int], dict[str, Any]]) -> None:
    port = service(fleet, "D09")
    empty = port.pushTenderNotice(**notice(make, key="c" * 32, noticeName=""))
    assert (empty.resultCode, empty.data.errorField) == ("-1", ["noticeName"])
    wrong = port.pushTenderNotice(**notice(make, key="c" * 32, docPriceUnit="EURO"))
    assert (wrong.resultCode, wrong.data.errorField) == ("-3", ["docPriceUnit"])


def test_project_query_found_missing_revoked_ambiguous_elsewhere(fleet: Fleet) -> None:
    port, filings = service(fleet, "D01"), fleet.systems["D01"].desk.switches["projects"].filings()

    def ask(**query: str) -> Any:
        return port.queryProject(query={"reason": "核对", **query})

    good = filings[0]
    found = ask(queryKind="1", investProjectCode=good.code, regionCode=good.region)
    assert (found.result.resultCode, found.project.projectName) == ("1", good.name)
    assert ask(queryKind="1", investProjectCode="2026-620121-48-01-999999").result.resultCode == "-20"
    revoked = next(f for f in filings if f.told["approvalResult"] == "revoked")
    told = ask(queryKind="1", investProjectCode=revoked.code)
    assert (told.result.resultCode, told.project.approvalResult) == ("-22", "REVOKED")
    assert ask(queryKind="4", projectName="农村公路改造工程").result.resultCode == "-21"
    elsewhere = "621202" if not good.region.startswith("6212") else "620102"
    assert ask(queryKind="1", investProjectCode=good.code, regionCode=elsewhere).result.resultCode == "-23"
    assert ask(queryKind="1").result.resultCode == "-1"


def test_asmx(fleet: Fleet) -> None:
    url = fleet.address("M03") + "/WebService/TradeDataService.asmx"
    client = Client(url + "?wsdl")
    binding = next(iter(client.wsdl.bindings))
    port: Any = client.create_service(binding, url)
    golden = next(line for line in Papers.load("asmx-parasxml").golden() if line["id"] == "push-ok")
    inner = golden["request"]["body"].partition("<![CDATA[")[2].partition("]]>")[0]
    token = fleet.systems["M03"].desk.credentials["token"]
    first = port.SaveZBGG(ValidateData=token, ParasXml=inner)
    assert "<Code>1</Code>" in first and "<IsRepeat>F</IsRepeat>" in first
    assert "<IsRepeat>T</IsRepeat>" in port.SaveZBGG(ValidateData=token, ParasXml="\ufeff" + inner)
    assert "TOKEN" in port.SaveZBGG(ValidateData="x", ParasXml=inner)
    assert "XML01" in port.SaveZBGG(ValidateData=token, ParasXml=inner.replace("&amp;", "&"))
    twice = inner.replace("<VersionNo>1</VersionNo>", "<VersionNo>1</VersionNo><VersionNo>1</VersionNo>")
    assert "XML01" in port.SaveZBGG(ValidateData=token, ParasXml=twice)
    assert fleet.systems["M03"].desk.ledger.effects == 1
