"""The plan: what is missing or misspelt is told before anything is sent."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from conformance.plan import PlanError, load

EXAMPLES = Path(__file__).parents[2] / "examples" / "plans"


def key_file(path: Path, owner: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = base64.b64encode(b"k" * 32).decode()
    key = {"keyId": f"{owner}-1", "owner": owner, "alg": "hmac-sm3", "secret": secret}
    path.write_text(json.dumps(key), "utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "examples" / "plans")
    key_file(tmp_path / ".hutong" / "keys" / "centre-1.json", "centre")
    key_file(tmp_path / ".hutong" / "keys" / "T01-1.json", "T01")
    return tmp_path / "examples" / "plans"


def test_the_examples_load(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = load(home / "t01.toml")
    assert (plan.system, plan.profile, plan.max_body) == ("T01", "direct", 1_048_576)
    assert plan.hub_key is not None and plan.hub_key.owner == "centre" and len(plan.stages) == 11
    assert "kkkk" not in repr(plan)
    monkeypatch.setenv("T03_TOKEN", "secret")
    old = load(home / "t03.toml")
    assert (old.profile, old.token) == ("via-adapter", "secret")
    monkeypatch.delenv("T03_TOKEN")
    with pytest.raises(PlanError, match="T03_TOKEN"):
        load(home / "t03.toml")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("inbound =", "inbuond =", "'inbound'"),
        ("[limits]", "[limit]", "'limits'"),
        ('id = "T01"', 'id = ""', "id"),
        ("hub_key", "hubkey", "'hub_key'"),
        ("centre-1.json", "nobody.json", "nobody.json"),
        ("[system]", "[system", "TOML"),
        ('bindings = ["json"]', 'bindings = ["table"]', "json"),
        ("max_body = 1048576", "", ""),
    ],
)
def test_mistakes_are_named(home: Path, old: str, new: str, told: str) -> None:
    path = home / "t01.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    if not told:
        assert load(path).max_body == 1_048_576
        return
    with pytest.raises(PlanError) as caught:
        load(path)
    assert told in str(caught.value)


def test_two_plans_have_two_digests(home: Path) -> None:
    first = load(home / "t01.toml").digest
    path = home / "t01.toml"
    path.write_text(path.read_text("utf-8") + "# changed\n", "utf-8")
    assert load(path).digest != first
    with pytest.raises(PlanError):
        load(home / "none.toml")
