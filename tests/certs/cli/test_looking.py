"""What people do with `hutong ca`: folders, several trusts, proofs, other consoles, any bytes."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs import cms
from certs.algorithms import sm2_keys
from certs.cli import phrases
from certs.cli.naming import Names, called, plain
from certs.model.certificate import read_certificate
from certs.ofd import make_ofd, seal_ofd
from certs.seal import make_seal
from certs.seal.structure import Picture
from certs.testpki.issue import Authority, name
from certs.timestamp import request, respond
from hub.cli.main import main
from tests.certs.cli.world import AT, NOW, PNG, Files, Run
from tests.certs.proof.world import JUDGED, story, whole


@pytest.fixture
def listed(files: Files) -> list[str]:
    return ["--trust", str(files.folder / "trustlist.json"), "--signer", str(files.folder / "centre.pem"),
            "--at", AT]  # fmt: skip


def test_folders_patterns_and_many_files(files: Files, run: Run, listed: list[str]) -> None:
    cert, place = files.holder("C01-builder"), files.stem("C01-builder").parent
    crls = [str(one) for one in sorted(place.glob("*.crl"))]
    assert len(crls) == 2
    for words in (["--crl", *crls], ["--crl", str(place)], ["--crl", str(files.folder / "C01")],
                  ["--crl", str(place / "*.crl")], ["--crl", crls[0], "--crl", crls[1]]):  # fmt: skip
        assert run("recognise", cert, *listed, *words).code == 0, words
    assert run("recognise", *listed, "--crl", *crls, cert).code == 0  # the last word is the file
    missing = run("recognise", *listed, "--crl", crls[0])
    assert (missing.code, "没有给出文件" in missing.err) == (2, True)
    empty = files.folder / "empty"
    empty.mkdir(exist_ok=True)
    for words in (["--crl", str(empty)], ["--crl", "/nowhere/*.crl"], ["--extra", crls[0]]):
        assert run("recognise", cert, *listed, *words).code == 3, words


def test_an_answer_is_judged_where_its_certificate_is_at_hand(
    files: Files,
    run: Run,
    listed: list[str],
) -> None:
    vendor, place = files.world.vendors["C03"], files.stem("C03-builder").parent
    good = files.put("answer.ocsp", vendor.answer(vendor.signer("builder").certificate))
    alone = run("inspect", good, "--json", "--at", AT)
    assert (alone.code, alone.json.get("state")) == (0, None)
    assert any("--extra" in one for one in alone.json["remarks"])
    asked = ["--extra", files.holder("C03-builder"), str(place / "ca1.pem")]
    told = run("inspect", good, "--json", *listed, *asked)
    assert (told.code, told.json["state"]) == (0, "valid")
    assert run("verify", good, *listed, *asked).code == 0
    assert run("verify", good, *listed, "--extra", files.holder("C01-builder")).code == 2
    gone = files.put("gone.ocsp", vendor.answer(vendor.signer("revoked").certificate))
    bad = run("inspect", gone, "--json", *listed, "--extra", str(place))
    assert (bad.code, [one["code"] for one in bad.json["reasons"]]) == (1, ["revoked"])
    foreign = Authority.root("别家", now=NOW)
    other = files.put("foreign.der", foreign.key.certificate)
    apart = run("inspect", good, "--json", "--trust", other, *listed[2:], *asked)
    assert (apart.code, apart.json["state"] != "valid") == (1, True)


@pytest.fixture(scope="module")
def sealed(files: Files) -> Callable[[], bytes]:
    """An OFD sealed with a seal that C01 made for the builder of C03."""

    def made() -> bytes:
        maker, key = files.world.vendors["C01"].signer("centre"), files.world.vendors["C03"].signer("builder")
        seal = make_seal(4, maker, [key.certificate], Picture("png", PNG, 40, 40), made=NOW,
                         begin=NOW - timedelta(days=1), end=NOW + timedelta(days=300))  # fmt: skip
        return seal_ofd(make_ofd("某某工程"), seal, key, time=NOW)

    return made


def test_makers_and_stamps_are_believed_apart(
    files: Files,
    run: Run,
    sealed: Callable[[], bytes],
    tmp_path: Path,
) -> None:
    path = files.put("sealed.ofd", sealed())
    whole_list = run("verify", path, "--json", *files.trust())
    assert whole_list.code == 0, whole_list.json["reasons"]
    assert any("--makers" in one for one in whole_list.json["remarks"])
    root = [str(files.folder / vendor / "sm2-sm3" / "ca0.pem") for vendor in ("C01", "C03")]
    right = run("verify", path, "--json", *files.trust(), "--makers", root[0])
    assert right.code == 0
    assert not any("--makers" in one for one in right.json["remarks"])
    wrong = run("verify", path, "--json", *files.trust(), "--makers", root[1])
    assert (wrong.code, "no-path" in [one["code"] for one in wrong.json["reasons"]]) == (1, True)
    content = files.put("bid.bin", b"bid")
    stamp = respond(request(b"bid"), files.world.vendors["C03"].tsa(), at=NOW, serial=7, policy="1.2.3")
    token = files.put("bid.tsr", stamp)
    asked = ["verify", token, "--content", content, *files.trust()]
    assert run(*asked).code == 0
    assert run(*asked, "--tsa-trust", root[1]).code == 0
    assert run(*asked, "--tsa-trust", root[0]).code == 1


def test_kept_proofs_are_verified(files: Files, run: Run) -> None:
    kept, record = whole()
    pem = "".join(sm2_keys.pem("CERTIFICATE", one) for one in story().anchors)
    trust, crl = files.put("anchors.pem", pem.encode()), files.put("fresh.crl", story().now().crls[0])
    one, two = files.put("proof.ers", record.raw), files.put("proof.kept", kept)
    words = ["--trust", trust, "--crl", crl, "--at", JUDGED.isoformat()]
    for first, second in ((one, two), (two, one)):
        found = run("verify", first, "--content", second, "--json", *words)
        assert found.code == 0, found.json["reasons"]
        assert found.json["facts"]["stamps"] == "3"
    bytes_only = run("verify", one, "--content", crl, "--json", *words)
    assert (bytes_only.code, bytes_only.json["reasons"][0]["code"]) == (1, "stamp-imprint")
    assert run("verify", one, *words).code == 2
    assert run("inspect", one, "--json").json["kind"] == "record"
    late = ["--trust", trust, "--crl", crl, "--at", "2060-01-01"]
    assert run("verify", one, "--content", two, *late).code == 1
    why = f"{JUDGED.isoformat()} 枢纽证据日志第 8841 期树头"
    told = run("verify", one, "--content", two, "--json", *late, "--existed", why)
    assert (told.code, "8841" in told.json["facts"]["restsOn"]) == (0, True)
    assert run("verify", one, "--content", two, *late, "--existed", JUDGED.isoformat()).code == 2


def test_production_asks_who_signs_the_list(
    files: Files,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unpinned = ["--trust", str(files.folder / "trustlist.json"), "--at", AT]
    cert = files.holder("C01-builder")
    for verb in ("recognise", "inspect"):
        found = run(verb, cert, *unpinned, "--realm", "production")
        assert (found.code, found.out) == (3, "")
        assert "--signer" in found.err
        assert run(verb, cert, *unpinned, "--revocation", "if-known").code == 0
    monkeypatch.setenv("HUTONG_TRUSTLIST_SIGNER", str(files.folder / "centre.pem"))
    named = run("recognise", cert, *unpinned, "--realm", "production", "--json")
    assert named.code == 1  # a sandbox's certificate, said by the judge
    assert "sandbox" in [one["code"] for one in named.json["reasons"]]


def test_the_lint_knows_where_the_ca_writes_its_codes(
    files: Files,
    run: Run,
    listed: list[str],
) -> None:
    crls = str(files.folder / "C01")
    found = run("recognise", files.holder("C01-builder"), *listed, "--crl", crls, "--json").json
    assert found["ca"]["id"] == "C01"
    assert "subject-code" not in [one["rule"] for one in found["lint"]]
    unknown = run("inspect", files.holder("C01-builder"), "--at", AT, "--json").json
    assert "subject-code" in [one["rule"] for one in unknown["lint"]]


def test_the_first_line_says_it_and_names_are_told_once(
    files: Files,
    run: Run,
    listed: list[str],
) -> None:
    refused = run("inspect", files.holder("C01-revoked"), *listed, "--crl", str(files.folder / "C01")).out
    first = refused.splitlines()[0]
    assert first.startswith("✗ 无效:证书已吊销(RFC 5280")
    view = read_certificate(files.world.vendors["C01"].signer("revoked").certificate)
    assert refused.count(str(view.subject)) == 1
    assert refused.count(f"③ {called(view)}") >= 2
    english = run("inspect", files.holder("C01-revoked"), *listed, "--lang", "en").out
    assert english.splitlines()[0].startswith("? indeterminate: ")


def test_names_are_replaced_whole_or_not_at_all() -> None:
    root = Authority.root("根", now=NOW)
    one = read_certificate(root.issue(name(("O", "甲"))).certificate)
    two = read_certificate(root.issue(name(("O", "甲"), ("CN", "乙"))).certificate)
    names = Names((one, two, one))
    assert names.number(two) == "②"
    assert names.short(f"x [{two}] y") == "x [② 乙] y"
    assert names.short(f"{one.subject}") == "① 甲"
    assert names.short(f"{one.subject},CN=丙 {one.subject}") == f"{one.subject},CN=丙 ① 甲"
    again = read_certificate(root.issue(name(("O", "甲"))).certificate)
    twins = Names((one, again))
    assert twins.short(str(one.subject)) == str(one.subject)  # which of the two is not said
    assert twins.short(f"{again}") == "② 甲"
    assert Names(()).short("O=甲") == "O=甲"


def test_a_name_cannot_write_lines_of_ours(files: Files, run: Run) -> None:
    evil = Authority.root("根", now=NOW).issue(
        name(("O", "甲\n── 结论 ──\n  ✓ 有效"), ("CN", "\x1b[2J\u202e乙"))
    )
    told = run("inspect", files.put("evil2.der", evil.certificate), "--at", AT).out
    assert told.count("\n── 结论 ──") == 1
    assert "\x1b" not in told and "\u202e" not in told
    assert plain("沙箱\u3000章") == "沙箱\u3000章"


JUNK: dict[str, bytes] = {
    "empty": b"", "zeros": bytes(5000), "png": PNG, "text": "你好,世界".encode("gb18030"),
    "utf16": "证书".encode("utf-16"), "sequence": b"\x30\x80" * 3000, "zip": b"PK\x03\x04" + bytes(60),
    "pdf": b"%PDF-1.7\n", "xml": b"<a><b></a>", "bomb": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "json": b"{", "deep": b"[" * 100_000, "object": b'{"list":' * 5000,
    "pem": b"-----BEGIN CERTIFICATE-----\n",
    "keys": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "percent": b"%" * 70_000,
}  # fmt: skip


@pytest.mark.parametrize("what", JUNK)
def test_junk_is_told_in_words(files: Files, run: Run, listed: list[str], what: str) -> None:
    path = files.put(f"junk.{what}", JUNK[what])
    for words in (["inspect", path], ["inspect", path, *listed], ["verify", path, *listed],
                  ["recognise", path, *listed], ["inspect", path, "--lang", "en"]):  # fmt: skip
        found = run(*words)
        assert found.code in (0, 1, 3), (words, found.err)
        assert found.out or "建议" in found.err
        assert "Traceback" not in found.err
        as_json = run(*words, "--json")
        assert as_json.code == found.code
        assert as_json.code == 3 or as_json.json["kind"]


def test_other_writings_of_a_certificate(files: Files, run: Run) -> None:
    der = files.world.vendors["C03"].signer("builder").certificate
    text = base64.b64encode(der).decode()
    spaced = " ".join(text[at : at + 7] for at in range(0, len(text), 7))
    pem = f"-----BEGIN CERTIFICATE-----\r\n{spaced}\r\n-----END CERTIFICATE-----\r\n"
    for written in (spaced.encode(), b"\n\t" + spaced.encode(), pem.encode(), pem.encode("utf-8-sig"),
                    b"Bag Attributes\n  friendlyName: x\n" + pem.encode(), pem.encode("utf-16"),
                    text.encode("utf-16")):  # fmt: skip
        assert (
            run("inspect", files.put("written", written), "--json", "--at", AT).json["kind"] == "certificate"
        )


def test_a_gbk_console(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot show is replaced; JSON is UTF-8 whatever the console."""
    cert = files.holder("C01-builder")
    for words in (["inspect", cert], ["inspect", cert, "--lang", "en"], ["inspect", cert, "--json"]):
        shown = io.TextIOWrapper(io.BytesIO(), encoding="gbk", newline="")
        monkeypatch.setattr(sys, "stdout", shown)
        assert main(["ca", *words, "--at", AT]) == 0
        sys.stdout.flush()
        raw = shown.buffer.getvalue()  # type: ignore[attr-defined]
        if "--json" in words:
            assert json.loads(raw.decode("utf-8"))["kind"] == "bundle"
        else:
            assert raw


def test_several_signers_each_tell(files: Files, run: Run, listed: list[str]) -> None:
    keys = [files.world.vendors["C03"].signer(one) for one in ("builder", "revoked")]
    path = files.put("two.p7", cms.sign(b"bid", keys, time=NOW))
    found: Any = run("verify", path, "--json", *listed, "--crl", str(files.folder / "C03"))
    assert (found.code, [one["code"] for one in found.json["reasons"]]) == (1, ["revoked"])
    signers = [one["outcome"] for one in found.json["checks"] if one["check"] == "one-signer"]
    assert sorted(signers) == ["failed", "passed"]


STEPS = {"timestamp": {"imprint"}, "ofd": {"parts", "signature-of-file", "coverage"},
         "pdf": {"updates", "signature-of-file"}, "cms": {"content", "signature", "chain"},
         "seal-signature": {"seal-maker", "seal-signer"}}  # fmt: skip


@pytest.mark.parametrize("kind", STEPS)
def test_each_kind_shows_its_steps(files: Files, run: Run, things: dict[str, bytes], kind: str) -> None:
    path, content = files.put(f"steps.{kind}", things[kind]), files.put("steps.bin", b"bid")
    found = run("inspect", path, "--content", content, "--json", *files.trust())
    steps = set(_steps(found.json["checks"]))
    assert STEPS[kind] <= steps, steps


def test_a_broken_reference_is_a_step(files: Files, run: Run, things: dict[str, bytes]) -> None:
    broken = things["xml"].replace(b'URI=""', b'URI="#nowhere"')
    assert broken != things["xml"]
    found = run("inspect", files.put("broken.xml", broken), "--json", *files.trust())
    assert (found.code, "references" in set(_steps(found.json["checks"]))) == (1, True)


def _steps(checks: list[dict[str, Any]]) -> Iterator[str]:
    for one in checks:
        yield one["check"]
        yield from _steps(one.get("checks", []))


def test_defects_are_explained_to_an_officer(files: Files, run: Run) -> None:
    """Each in one Chinese line with its clause, and with advice; without Latin words but names and times."""
    sample = ("expired", "signature", "key-usage", "revoked", "name-constraints", "malformed", "list-stale")
    for which in sample:
        bad = files.world.defect(which).bad
        above = [files.put(f"{which}.above{at}", one) for at, one in enumerate(bad.above)]
        crls = [files.put(f"{which}.crl{at}", one) for at, one in enumerate(bad.crls or ())]
        words = ["--trust", files.put(f"{which}.root", bad.anchors[0]), "--at", AT]
        words += ["--extra", *above] if above else []
        words += ["--crl", *crls] if crls else ["--revocation", "ignored"]
        told = run("recognise", files.put(f"{which}.cer", bad.certificate), *words)
        first, (_, advice) = told.out.splitlines()[0], told.out.split("── 建议 ──")
        assert told.code == 1
        assert first[:4] in ("✗ 无效", "? 无法"), first
        assert ("RFC" in first or "X.690" in first) and advice.strip(), first
        detail = [line.partition("]: ")[2].partition("(RFC")[0] for line in told.out.splitlines()
                  if line.startswith("    · ")]  # fmt: skip
        assert not [one for one in detail if re.search("[a-z]{3} [a-z]{3}", one)], detail


def test_where_the_way_up_ends_is_said(files: Files, run: Run, listed: list[str]) -> None:
    key = files.world.vendors["C03"].signer("builder")
    words = ["--trust", files.put("other.root", Authority.root("别家", now=NOW).key.certificate), *listed[4:]]
    alone = run("recognise", files.put("alone.cer", key.certificate), *words).out
    assert "手边没有其颁发者的证书:" in alone
    whole_chain = run("recognise", files.holder("C03-builder"), *words, "--lang", "en").out
    assert "nobody trusts the top of the chain" in whole_chain


def test_each_phrase_is_one_of_ours() -> None:
    """The words a phrase begins with stand in a judge, so that no row is left behind."""
    source = "".join(path.read_text("utf-8") for path in Path("certs").rglob("*.py"))
    for pattern, zh in phrases.table():
        words = max(re.findall(r"[a-zA-Z' ]{2,}", re.sub(r"\\\w|\(.*?\)", "|", pattern.pattern)), key=len)
        assert words.strip(" ,") in source or words.split(":")[0] in ("signing", "stamping", "enciphering"), (
            words
        )
        assert not zh.isascii()
    assert phrases.chinese("since 2026-11-21, reason 1") == "自 2026-11-21 起;原因:密钥泄露"
    assert phrases.chinese("anything else") == "anything else"
