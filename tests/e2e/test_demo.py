"""The main job as a newcomer runs it, and that it turns red when a translation or a seal is wrong."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import adapters
import hub
from hub import catalogue
from hub.demo import run
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
    spoken = re.findall(r"^  ([✓✗]) (\S+)", text.partition("方言 / dialects")[2], re.M)
    assert {dialect for mark, dialect in spoken if mark == "✓"} == set(catalogue.load().dialects)


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
    monkeypatch.setattr(run, "QUIET_WITHIN", 20.0)  # some cannot take what they should never have been sent
    result = demo(tmp_path / "world", ["t01-tender"], lambda *_: None, hub_env=before(overlay)).public()
    leaks = {finding["at"] for finding in result["findings"] if finding["code"] == "seal.leak"}
    assert not result["ok"]
    assert {"D09/records", "trace as centre"} <= leaks
