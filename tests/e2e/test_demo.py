"""The main job as a newcomer runs it, and that it turns red when a translation is wrong."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import adapters
import hub
from hub import catalogue
from hub.demo.run import demo

Hutong = Callable[..., int]
Swap = Callable[[Path, str, str], None]


def test_two_tenders_go_through_and_are_proved(tmp_path: Path, hutong: Hutong) -> None:
    out = tmp_path / "demo.json"
    assert hutong("demo", "--json", out=out) == 0, out.read_text("utf-8")[-3000:]
    result = json.loads(out.read_text("utf-8"))
    assert result["ok"]
    assert result["findings"] == []
    assert [flow["name"] for flow in result["flows"] if not flow["ok"]] == []
    assert {"t01-tender", "t03-tender", "seal", "refusals", "admission"} <= {
        f["name"] for f in result["flows"]
    }
    assert result["deliveries"]["total"] == result["deliveries"]["delivered"] > 0
    assert [dialect for dialect, systems in result["dialects"].items() if not systems] == []
    assert set(result["dialects"]) == set(catalogue.load().dialects)
    assert result["evidence"]["records"] == result["evidence"]["verified"] > 0
    assert result["messages"]["rejected"] >= 5
    received = {step["name"].removeprefix("送达 ") for flow in result["flows"] for step in flow["steps"]}
    assert {"D09", "D01", "R01", "B01", "P02", "M01", "X07", "X01"} <= received


def test_it_ends_well_under_a_gbk_console(tmp_path: Path, hutong: Hutong) -> None:
    out = tmp_path / "demo.txt"
    assert hutong("demo", "--flow", "t01-tender", out=out, PYTHONIOENCODING="gbk") == 0
    assert "全部完成" in out.read_text("utf-8")


def test_a_field_swapped_in_one_adapter_turns_it_red(tmp_path: Path, swap: Swap) -> None:
    """The receiver's own record no longer says what the papers' table says it must."""
    overlay = tmp_path / "overlay"
    shutil.copytree(Path(adapters.__file__).parent, overlay / "adapters")
    swap(overlay / "adapters" / "static_token_rest" / "mapping.csv", "NOTICE_NAME", "NOTICE_MEDIA")

    result = demo(
        tmp_path / "world", ["t01-tender"], lambda *_: None, hub_env={"PYTHONPATH": str(overlay)}
    ).public()
    assert not result["ok"]
    assert {finding["code"] for finding in result["findings"]} == {"effect.missing"}
    wrong = {finding["at"].split("/")[0] for finding in result["findings"]}
    speaking = {system.id for system in catalogue.load().by_dialect["static-token-rest"]}
    assert {"M01", "X01"} <= wrong <= speaking


def test_a_seal_that_does_not_hold_turns_it_red(tmp_path: Path) -> None:
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
    result = demo(
        tmp_path / "world", ["t01-tender"], lambda *_: None, hub_env={"PYTHONPATH": str(overlay)}
    ).public()
    leaks = {finding["at"] for finding in result["findings"] if finding["code"] == "seal.leak"}
    assert not result["ok"]
    assert {"D09/records", "trace as centre"} <= leaks
