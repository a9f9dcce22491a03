"""`hutong ca` over a sandbox world in files: every kind is known, told clause by clause, and judged."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import sys
from pathlib import Path

import pytest

from certs import cms
from certs.cases import CASES
from certs.cli.kinds import recognise_kind
from certs.testpki.issue import Authority, name
from tests.certs.cli.world import AT, BUILDER, NOW, Files, Run


def test_every_vendor_is_recognised_and_names_its_holder(files: Files, run: Run) -> None:
    for vendor in ("C01", "C02", "C03", "C04", "C05"):
        found = run("recognise", files.holder(f"{vendor}-builder"), "--subject", BUILDER, "--json",
                    "--sector", "engineering", "--medium", "tokenless", *files.trust())  # fmt: skip
        assert found.code == 0, found.out
        assert found.json["ok"] is found.json["recognised"] is True
        assert found.json["ca"]["id"] == vendor
        assert found.json["subject"]["bound"]["code"] == BUILDER
        assert found.json["chain"][0]["listed"] is True


@pytest.mark.parametrize(("holder", "more", "code"), [
    ("C01-frozen", (), "frozen"),
    ("C01-revoked", (), "revoked"),
    ("C01-builder", ("--subject", "91620000MA71B00272"), "identity-differs"),
    ("C01-builder", ("--purpose", "enciphering"), "key-usage"),
    ("C01-builder", ("--realm", "production"), "sandbox"),
    ("P01-neighbour", (), "not-admitted"),
])  # fmt: skip
def test_refusals_say_why_and_what_to_do(
    files: Files, run: Run, holder: str, more: tuple[str, ...], code: str
) -> None:
    found = run("recognise", files.holder(holder), "--json", *files.trust(*more))
    assert found.code == 1
    assert code in [reason["code"] for reason in found.json["reasons"]]
    assert found.json["advice"]
    text = run("recognise", files.holder(holder), *files.trust(*more))
    assert (text.code, "✗" in text.out, "── 建议 ──" in text.out) == (1, True, True)


def test_a_neighbour_comes_in_by_its_own_list(files: Files, run: Run) -> None:
    peer = f"610000={files.folder / 'peer-610000.json'}"
    found = run("recognise", files.holder("P01-neighbour"), "--json", "--peer", peer, *files.trust())
    assert found.code == 0
    assert found.json["ca"]["region"] == "610000"
    assert found.json["ca"]["through"]


def test_without_revocation_data_nothing_is_established(files: Files, run: Run) -> None:
    bare = [
        "--trust",
        str(files.folder / "trustlist.json"),
        "--signer",
        str(files.folder / "centre.pem"),
        "--at",
        AT,
    ]
    found = run("recognise", files.holder("C01-builder"), "--json", *bare)
    assert (found.code, found.json["state"]) == (1, "indeterminate")
    assert run("recognise", files.holder("C01-builder"), *bare, "--revocation", "if-known").code == 0
    vendor = files.world.vendors["C01"]
    answer = files.put("good.ocsp", vendor.answer(vendor.signer("builder").certificate))
    answered = run("recognise", files.holder("C01-builder"), "--json", *files.trust("--ocsp", answer))
    assert any("1 OCSP" in check.get("evidence", "") for check in answered.json["checks"])


def test_lists_inside_a_bundle_count(files: Files, run: Run) -> None:
    blocks = Path(files.holder("C01-revoked")).read_text("ascii")
    for crl in files.world.vendors["C01"].crls():
        blocks += f"-----BEGIN X509 CRL-----\n{base64.encodebytes(crl).decode()}-----END X509 CRL-----\n"
    bare = [word for word in files.trust() if word != "--crl" and not word.endswith(".crl")]
    found = run("recognise", files.put("bundle.pem", blocks.encode()), "--json", *bare)
    assert "revoked" in [reason["code"] for reason in found.json["reasons"]]


def test_a_list_that_vouches_for_itself_is_said_loudly(files: Files, run: Run) -> None:
    words = [one for one in files.trust() if one not in ("--signer", str(files.folder / "centre.pem"))]
    found = run("recognise", files.holder("C01-builder"), "--json", *words)
    assert found.code == 0
    assert any("--signer" in remark for remark in found.json["remarks"])
    assert "--signer" in found.err


def test_an_unusable_list_stops_before_anything_is_said(files: Files, run: Run) -> None:
    wrong = files.trust("--signer", files.holder("C01-builder"))
    wrong = [one for one in wrong if one != str(files.folder / "centre.pem")]
    del wrong[wrong.index("--signer")]
    found = run("recognise", files.holder("C01-builder"), *wrong)
    assert (found.code, found.out) == (3, "")
    assert all(word in found.err for word in ("位置", "应为", "建议", "/signature/certificate"))
    late = run("recognise", files.holder("C01-builder"), *files.trust("--at", "2027-11-22"))
    assert late.code == 3


def test_the_newest_list_is_remembered(files: Files, run: Run, tmp_path: Path) -> None:
    state, newer = str(tmp_path / "seen.json"), str(tmp_path / "newer.json")
    listed, signer = str(files.folder / "trustlist.json"), str(files.folder / "centre.pem")
    key = ["--key", str(files.folder / "centre.key"), "--certificate", signer]
    words = ["--previous", listed, "--at", AT, "--out", newer, "--json", *key]
    made = run("trustlist", "publish", listed, *words)
    assert (made.code, made.json["sequence"]) == (0, 2)
    asked = ["recognise", files.holder("C01-builder"), "--state", state]
    first, second = files.trust(), files.trust()
    second[1] = newer
    assert [run(*asked, *words).code for words in (first, second, first)] == [0, 0, 3]
    checked = run("trustlist", "check", listed, "--signer", signer, "--at", AT, "--state", state, "--json")
    assert (checked.code, checked.json["findings"][0]["code"]) == (1, "list-rollback")
    changes = run("trustlist", "diff", listed, newer, "--json")
    assert (changes.code, [one["at"] for one in changes.json]) == (1, ["/sequence"])
    assert run("trustlist", "diff", newer, newer).code == 0
    assert run("trustlist", "show", newer, "--signer", signer, "--at", AT).out.count("\n  C01 ") == 1


def test_in_production_a_key_in_a_file_signs_nothing_unless_a_setting_says_so(
    files: Files, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, out = str(files.folder / "trustlist.json"), tmp_path / "out.json"
    key = ["--key", str(files.folder / "centre.key"), "--certificate", str(files.folder / "centre.pem")]
    words = ["trustlist", "sign", listed, *key, "--realm", "production", "--out", str(out), "--at", AT]
    refused = run(*words)
    assert (refused.code, out.exists()) == (3, False)
    assert "--allow-file-key" in refused.err
    assert run(*words, "--allow-file-key").code == 0
    out.unlink()
    monkeypatch.setenv("HUTONG_ALLOW_FILE_KEYS", "true")
    assert run(*words).code == 0
    assert out.exists()


def test_nothing_wrong_is_published(files: Files, run: Run, tmp_path: Path) -> None:
    content = json.loads((files.folder / "trustlist.json").read_text("utf-8"))["list"]
    content["cas"][0]["media"] = ["paper"]
    bad, out = tmp_path / "bad.json", tmp_path / "out.json"
    bad.write_text(json.dumps(content), encoding="utf-8")
    key, signer = str(files.folder / "centre.key"), str(files.folder / "centre.pem")
    made = run(
        "trustlist", "sign", str(bad), "--key", key, "--certificate", signer, "--out", str(out), "--at", AT
    )
    assert made.code == 1
    assert "/list/cas/0/media/0" in made.err
    assert not out.exists()


def test_every_kind_is_known_and_told(files: Files, run: Run, things: dict[str, bytes]) -> None:
    content = files.put("content", b"bid")
    for kind, data in things.items():
        path = files.put(f"thing.{kind}", data)
        found = run("inspect", path, "--json", "--content", content, *files.trust())
        assert found.json["kind"] == kind
        assert found.json["contents"] or kind in ("ofd", "xml", "pdf")
        told = run("inspect", path, "--content", content, *files.trust())
        assert told.code == found.code
        assert "── 结论 ──" in told.out
        english = run("inspect", path, "--lang", "en", "--content", content, *files.trust())
        assert "── Result ──" in english.out
        pem = f"-----BEGIN X-----\n{base64.b64encode(data).decode()}\n-----END X-----\n".encode()
        if kind not in ("ofd", "xml", "pdf"):
            assert recognise_kind(pem).kind == kind
            assert recognise_kind(base64.b64encode(data)).kind == kind


def test_what_was_signed_is_verified(files: Files, run: Run, things: dict[str, bytes]) -> None:
    right, wrong = files.put("right", b"bid"), files.put("wrong", b"bit")
    for kind in ("cms", "timestamp", "seal-signature"):
        path = files.put(f"verify.{kind}", things[kind])
        good = run("verify", path, "--content", right, "--json", *files.trust())
        assert good.code == 0, good.json["reasons"]
        assert len(good.json["chain"]) >= 2
        assert run("verify", path, "--content", wrong, *files.trust()).code == 1
    assert run("verify", files.put("verify.timestamp", things["timestamp"]), *files.trust()).code == 2
    for kind in ("ofd", "xml", "pdf"):
        path = files.put(f"verify.{kind}", things[kind])
        assert run("verify", path, *files.trust()).code == 0
    assert run("verify", files.put("bare.env", things["envelope"]), *files.trust()).code == 1
    assert run("verify", files.holder("C01-builder"), *files.trust()).code == 3


def test_raw_values_count_unless_the_list_tolerates_them(files: Files, run: Run, tmp_path: Path) -> None:
    key = files.world.vendors["C05"].message_signer("builder")
    path = files.put("raw.p7", cms.sign(b"bid", key, time=NOW))
    good = run("verify", path, "--json", *files.trust())
    assert good.code == 0, good.json["reasons"]
    listed, strict, out = files.folder / "trustlist.json", tmp_path / "strict.json", tmp_path / "out.json"
    content = json.loads(listed.read_text("utf-8"))["list"]
    for ca in content["cas"]:
        ca["quirks"].remove("raw-signature")
    strict.write_text(json.dumps(content), encoding="utf-8")
    key = ["--key", str(files.folder / "centre.key"), "--certificate", str(files.folder / "centre.pem")]
    assert run("trustlist", "sign", str(strict), *key, "--out", str(out), "--at", AT).code == 0
    words = files.trust()
    words[1] = str(out)
    refused = run("verify", path, "--json", *words)
    assert (refused.code, [one["code"] for one in refused.json["reasons"]]) == (1, ["quirk"])


def test_looking_without_trust_recognises_nothing(files: Files, run: Run) -> None:
    found = run("inspect", files.holder("C03-builder"), "--json", "--at", AT)
    assert found.code == 0
    assert found.json["recognised"] is False
    assert "未经认定" in found.json["zh"]
    assert run("recognise", files.holder("C03-builder")).code == 2


def test_the_page_stands_alone_and_escapes(files: Files, run: Run, tmp_path: Path) -> None:
    evil = Authority.root("根", now=NOW).issue(
        name(("O", "<script>alert(1)</script>"), ("CN", '"><img src=x>'))
    )
    path, page = files.put("evil.der", evil.certificate), tmp_path / "page.html"
    assert run("inspect", path, "--html", str(page), "--at", AT).code == 0
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "<svg" in text
    assert "prefers-color-scheme" in text
    assert "http" not in text.split("<main>")[0].replace("http-equiv", "")
    assert run("inspect", path, "--html", str(tmp_path / "no" / "page.html")).code == 3


@pytest.mark.parametrize("words", [
    ("inspect", "/nowhere"), ("inspect", "."), ("recognise", "/nowhere", "--trust", "/nowhere"),
    ("trustlist", "show", "/nowhere"), ("trustlist", "diff", "/nowhere", "/nowhere"),
    ("testpki", "/proc/nowhere/world", "--world"),
])  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(run: Run, words: tuple[str, ...]) -> None:
    found = run(*words)
    assert found.code == 3
    assert all(word in found.err for word in ("位置", "应为", "建议"))
    assert "Traceback" not in found.err


def test_wrong_words_are_wrong_usage(files: Files, run: Run) -> None:
    cert = files.holder("C01-builder")
    assert run("inspect", cert, "--at", "yesterday").code == 2
    assert run("inspect", cert, "--at", "2026-11-22T00:00:00").code == 2
    assert run("recognise", cert, *files.trust("--sector", "mining")).code == 2
    assert run("recognise", cert, *files.trust("--peer", "63")).code == 2
    assert run("recognise", cert, *files.trust("--revocation", "perhaps")).code == 2
    assert run("recognise", cert, *files.trust("--crl", cert)).code == 3
    assert run("recognise", cert, *files.trust("--ocsp", cert)).code == 3
    assert run("nothing").code == 2


def test_a_world_goes_only_where_it_may(run: Run, tmp_path: Path) -> None:
    assert run("testpki", str(tmp_path / "new"), "--world", "--holders", "nobody").code == 2
    (tmp_path / "hub.toml").write_text('realm = "production"', encoding="utf-8")
    assert run("testpki", str(tmp_path / "sub"), "--world").code == 3
    assert run("testpki", str(tmp_path / "sub")).code == 3
    assert not (tmp_path / "sub").exists()
    toml = tmp_path / "bad.toml"
    toml.write_text("[world]", encoding="utf-8")
    (tmp_path / "hub.toml").unlink()
    assert run("testpki", str(tmp_path / "sub"), "--world", str(toml)).code == 3


def test_cases_are_written_with_what_must_be_answered(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    found = run("testpki", "--cases", str(folder), "--seed", "x", "--at", AT, "--json")
    assert (found.code, found.json["cases"]) == (0, str(len(CASES)))
    answers = {one.parent.name: json.loads(one.read_text("utf-8")) for one in folder.glob("*/expected.json")}
    assert answers == {row.id: row.expected for row in CASES.values()}
    assert run("testpki", "--cases", str(folder), "--world").code == 2
    assert run("testpki", "--cases", str(tmp_path)).code == 3


def test_standard_input(files: Files, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Path(files.holder("C01-builder")).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("inspect", "-", "--json", *files.trust()).json["recognised"] is True


def test_a_key_is_not_shown(files: Files, run: Run) -> None:
    found = run("inspect", str(files.folder / "centre.key"), "--json")
    assert (found.code, found.json["kind"]) == (1, "unknown")
    assert "私钥" in found.json["contents"][0]["value"]


def test_broken_bytes_are_told_and_never_trip(files: Files, run: Run, things: dict[str, bytes]) -> None:
    """Every kind with bytes changed, cut and joined."""
    rng = random.Random(11)
    anchors = [
        "--trust",
        str(files.folder / "C03" / "sm2-sm3" / "ca0.pem"),
        "--revocation",
        "ignored",
        "--at",
        AT,
    ]
    sound = [*things.values(), files.world.vendors["C03"].signer("builder").certificate]
    for count in range(150):
        data = bytearray(rng.choice(sound))
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        path = files.put("broken", bytes(data[: rng.choice((len(data), len(data), rng.randrange(1, 500)))]))
        more = ["--html", str(files.folder / "broken.html")] if count % 10 == 0 else []
        found = run("inspect", path, "--json", *anchors, *more)
        assert found.code in (0, 1), found.err
        assert "internal" not in [reason["code"] for reason in found.json.get("reasons", [])], found.out
        assert run("inspect", path).code in (0, 1)


def test_held_keys_fit_their_certificates(files: Files) -> None:
    """What `testpki --world` writes can be used: a key of each algorithm signs under its certificate."""
    from certs.keys.opening import open_key

    for which in ("C01-builder", "C02-builder", "C03-revoked"):
        stem = files.stem(which)
        key = open_key(f"file:{stem}.key?certificate={stem}.pem", realm="sandbox")
        assert isinstance(key.sign(b"x"), bytes)
        if os.name == "posix":
            assert (Path(f"{stem}.key").stat().st_mode & 0o077) == 0
