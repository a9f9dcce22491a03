"""The main job as a newcomer runs it, and that it turns red when a translation or a seal is wrong."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import adapters
import hub
from certs.testpki.declaration import read_declaration, sandbox_toml
from hub import catalogue
from hub.demo import quiet
from hub.demo.opened import BIDS
from hub.demo.recognised import TOKENS
from hub.demo.run import demo

Hutong = Callable[..., int]
Swap = Callable[[Path, str, str], None]
Before = Callable[[Path], dict[str, str]]


def test_as_a_newcomer_runs_it_and_under_a_gbk_console(tmp_path: Path, hutong: Hutong) -> None:
    """All flows that no name is needed for; 0 only without findings and with every step of every flow."""
    out = tmp_path / "demo.txt"
    code = hutong("demo", out=out, PYTHONIOENCODING="gbk")
    text = out.read_text("utf-8")
    assert code == 0, text[-3000:]
    assert "全部完成" in text
    assert "✓ certificates" in text
    before, _, after = text.partition("截止时间到")
    holders = read_declaration(sandbox_toml()).holders
    bidders = {holders[ident].name for _, ident, *_ in BIDS}
    assert bidders and all(name in after and name not in before for name in bidders), "told too early"
    spoken = re.findall(r"^  ([✓✗]) (\S+)", text.partition("方言 / dialects")[2], re.M)
    assert {dialect for mark, dialect in spoken if mark == "✓"} == set(catalogue.load().dialects)


def test_a_hub_that_believes_too_much_and_opens_too_early_turns_certificates_red(
    tmp_path: Path, before: Before
) -> None:
    """Whoever is revoked logs in there, and bids open when somebody asks: each is seen where it shows."""
    overlay = tmp_path / "overlay"
    shutil.copytree(Path(hub.__file__).parent, overlay / "hub")
    _turned(
        overlay / "hub" / "auth" / "judging.py",
        'if said["result"] == "valid":\n        return',
        "if said:\n        return",
    )
    opening = overlay / "hub" / "bids" / "opening.py"
    _turned(opening, "if box.now() < until:", "if not until:")
    _turned(opening, "if int(stamped.at.timestamp() * 1e6) < until:", "if not until:")
    result = demo(tmp_path / "world", ["certificates"], lambda *_: None, hub_env=before(overlay)).public()
    (flow,) = (one for one in result["flows"] if one["name"] == "certificates")
    assert not result["ok"] and not flow["ok"]
    red = {step["name"] for step in flow["steps"] if not step["ok"]}
    assert {"C01 再登录即被拒绝", "C01 网关说谎(作废的也答有效):仍被拒绝,记下是谁所答"} <= red, red
    assert "T01 截止前要求开标:拒绝(中心要求也一样)" in red, red
    assert not red & {f"{ca} 用证书登录(对平台给的随机数签名)" for ca, _ in TOKENS}, red


def _turned(path: Path, good: str, bad: str) -> None:
    text = path.read_text("utf-8")
    assert good in text
    path.write_text(text.replace(good, bad), "utf-8")


def test_fields_swapped_in_one_adapter_turn_it_red(tmp_path: Path, swap: Swap, before: Before) -> None:
    """The receiver's own record no longer says what the papers' table says it must, whether a tender's
    record went there or one of its own exchange. Nobody else is blamed."""
    overlay = tmp_path / "overlay"
    shutil.copytree(Path(adapters.__file__).parent, overlay / "adapters")
    swap(overlay / "adapters" / "static_token_rest" / "mapping.csv", "NOTICE_NAME", "NOTICE_MEDIA")
    result = demo(
        tmp_path / "world", ["t01-tender", "dialects"], lambda *_: None, hub_env=before(overlay)
    ).public()
    assert not result["ok"]
    assert {finding["code"] for finding in result["findings"]} == {"effect.missing", "system.not-exercised"}
    wrong, silent = (
        {one["at"].split("/")[0] for one in result["findings"] if one["code"] == code}
        for code in ("effect.missing", "system.not-exercised")
    )
    speaking = {system.id for system in catalogue.load().by_dialect["static-token-rest"]}
    assert {"M01", "X01"} <= wrong <= speaking
    assert "X05" in silent <= speaking


def test_a_seal_that_does_not_hold_turns_it_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: Before
) -> None:
    """A hub whose policy table forgets to seal the bidders is caught from outside."""
    overlay = tmp_path / "overlay"
    shutil.copytree(Path(hub.__file__).parent, overlay / "hub")
    table = overlay / "hub" / "standard" / "data" / "stage_policy.csv"
    text = table.read_text("utf-8")
    opened = re.sub(
        r"(?m)^eng-bidder-list,P,opening,eng-bid-opening,[^,]*,", "eng-bidder-list,O,none,,*/*,", text
    )
    assert opened != text
    table.write_text(opened, "utf-8")
    monkeypatch.setattr(quiet, "QUIET_WITHIN", 20.0)  # some cannot take what they should never have been sent
    result = demo(tmp_path / "world", ["t01-tender"], lambda *_: None, hub_env=before(overlay)).public()
    leaks = {finding["at"] for finding in result["findings"] if finding["code"] == "seal.leak"}
    assert not result["ok"]
    assert {"D09/records", "trace as centre"} <= leaks
