"""Fixtures of the command line's tests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from certs import cms
from certs.algorithms.digest import digest
from certs.envelope import seal_envelope
from certs.ofd import make_ofd, sign_ofd
from certs.seal import make_seal, sign_with_seal
from certs.seal.structure import Picture
from certs.testpki.world import World
from certs.timestamp import request, respond
from certs.xml import sign_xml
from hub.cli.main import main
from tests.certs.cli.world import AT, NOW, PNG, Files, Ran, Run
from tests.certs.pdf.writer import plain, with_value


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder, world = tmp_path_factory.mktemp("world"), World.open(now=datetime.fromisoformat(AT))
    with pytest.MonkeyPatch.context() as patch:  # the same world in memory and in files
        patch.setattr(World, "open", lambda *_, **__: world)
        words = ["--world", "--holders", "builder,frozen,revoked,neighbour", "--at", AT, "--json"]
        assert main(["ca", "testpki", str(folder), *words]) == 0
    return Files(folder, world)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def asked(*words: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(["ca", *words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return asked


def signed_things(world: World) -> dict[str, bytes]:
    """One of each kind, all by or about the builder at C03."""
    vendor = world.vendors["C03"]
    key, other = vendor.signer("builder"), vendor.encrypter("builder")
    seal = make_seal(4, vendor.signer("centre"), [key.certificate], Picture("png", PNG, 40, 40), made=NOW,
                     begin=NOW - timedelta(days=1), end=NOW + timedelta(days=300))  # fmt: skip
    stamp = respond(request(b"bid"), vendor.tsa(), at=NOW, serial=7, policy="1.2.3")
    outside = seal_envelope(b"bid", [other.certificate], key, trust=None, at=NOW)
    return {
        "cms": cms.sign(b"bid", key, time=NOW),
        "timestamp": stamp,
        "seal": seal,
        "seal-signature": sign_with_seal(seal, key, digest(b"bid"), NOW),
        "ofd": sign_ofd(make_ofd("某某工程"), key, time=NOW),
        "envelope": cms.read_signed(outside).content or b"",
        "xml": sign_xml("<标书><报价>1</报价></标书>".encode(), key),
        "pdf": with_value(plain(), lambda covered: cms.sign(covered, key, detached=True, time=NOW)),
        "crl": vendor.crls()[0],
        "ocsp": vendor.answer(key.certificate),
    }


@pytest.fixture(scope="session")
def things(files: Files) -> dict[str, bytes]:
    return signed_things(files.world)
