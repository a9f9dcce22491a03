"""What the policy keeps closed is unreadable in the file, in a copy and in a backup of it."""

import json
import secrets
import sqlite3
from pathlib import Path

import pytest
from core_kit import Bench, Reader

from hub.errors import SettingsError
from hub.journal.cuts import cuts
from hub.journal.keystore import SALT
from hub.journal.sqlite import FILE
from hub.journal.vault import KEY, MARK, MARK2, Opened, Vault, open_vault
from hub.standard import load
from hub.standard.policy import kept_closed


def stored(data: Path) -> list[tuple[int, bytes]]:
    connection = sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)
    rows = connection.execute("SELECT seq, raw FROM entry WHERE length(raw) > 0").fetchall()
    connection.close()
    return [(seq, bytes(raw)) for seq, raw in rows]


def test_what_was_closed_before_there_was_a_keystore_opens_still(tmp_path: Path) -> None:
    old = Vault(b"k" * KEY, secrets.token_bytes)
    closed = old.close(7, b"plain")
    assert closed.startswith(MARK)
    (tmp_path / "journal.key").write_bytes(b"k" * KEY)
    now = open_vault(tmp_path / "journal.key", secrets.token_bytes, new=False)
    assert old.open(7, closed) == now.open(7, closed) == Opened(b"plain")
    assert b"plain" not in closed
    assert now.open(8, b'{"open": 1}') == Opened(b'{"open": 1}')
    for seq, bytes_, key in [(8, closed, b"k"), (7, closed[:-1] + b"x", b"k"), (7, closed, b"j")]:
        with pytest.raises(SettingsError, match="journal"):
            Vault(key * KEY, secrets.token_bytes).open(seq, bytes_)


RAW = (
    '{"body":{"fields":{"NAME":"张三丰","PHONE":"0931-5550101","AGE":42,"NOTE":"请电0931-5550101"}}}'.encode()
)
PLACES = cuts(RAW, [(0, "NAME", "张三丰", True), (0, "PHONE", "0931-5550101", True), (1, "AGE", 42, False)])


def made(folder: Path, key: bytes = b"k" * KEY) -> Vault:
    (folder / "journal.key").write_bytes(key)
    vault = open_vault(folder / "journal.key", secrets.token_bytes, new=False)
    assert vault.keys is not None
    vault.keys.reach(9)
    return vault


def test_each_person_is_under_its_own_key_and_the_whole_comes_back_byte_for_byte(tmp_path: Path) -> None:
    vault = made(tmp_path)
    closed = vault.close(7, RAW, gates=(5,), people=(1, 2), places=PLACES)
    assert closed.startswith(MARK2)
    assert "张三丰".encode() not in closed
    assert vault.open(7, closed) == Opened(RAW)
    vault.destroy([2])
    left = vault.open(7, closed)
    assert left.gone == (2,)
    assert json.loads(left.raw)["body"]["fields"]["AGE"] == 0
    assert json.loads(left.raw)["body"]["fields"]["NAME"] == "张三丰"
    vault.destroy([1])
    left = vault.open(7, closed)
    assert left.gone == (1, 2)
    fields = json.loads(left.raw)["body"]["fields"]
    assert fields == {"NAME": "***", "PHONE": "***", "AGE": 0, "NOTE": "请电***"}
    vault.destroy([5])
    assert vault.open(7, closed) == Opened(b"", (5,)), "a gate's key takes all of it along"


def test_an_altered_cut_or_another_place_is_not_opened(tmp_path: Path) -> None:
    vault = made(tmp_path)
    closed = vault.close(7, RAW, people=(1, 2), places=PLACES)
    others = made_apart(tmp_path)
    changed = (closed[:-1] + bytes([closed[-1] ^ 1]), closed[:40] + bytes([closed[40] ^ 1]) + closed[41:])
    for at, seq, bytes_ in [(vault, 8, closed), (others, 7, closed), *((vault, 7, one) for one in changed)]:
        with pytest.raises(SettingsError):
            at.open(seq, bytes_)


def made_apart(folder: Path) -> Vault:
    (folder / "other").mkdir()
    return made(folder / "other")


def test_what_could_only_be_cut_as_one_is_gone_as_one(tmp_path: Path) -> None:
    vault = made(tmp_path)
    closed = vault.close(7, RAW, people=(1, 2), places=None)
    assert vault.open(7, closed).raw == RAW
    vault.destroy([2])
    assert vault.open(7, closed) == Opened(b"{}", (2,))


def test_a_destroyed_salt_is_zeros_in_the_file_and_in_no_other(tmp_path: Path) -> None:
    vault = made(tmp_path)
    assert vault.keys is not None
    path = vault.keys.path
    salt = path.read_bytes()[3 * SALT : 4 * SALT]
    key = vault.keys.key(3)
    vault.destroy([3])
    assert path.read_bytes()[3 * SALT : 4 * SALT] == bytes(SALT)
    assert vault.keys.key(3) is None
    for one in tmp_path.rglob("*"):
        assert one.is_dir() or (salt not in one.read_bytes() and (key or b"-") not in one.read_bytes())
    assert vault.keys.key(4) is not None


def test_a_block_cut_short_is_laid_down_again_and_a_missing_key_is_named(tmp_path: Path) -> None:
    vault = made(tmp_path)
    assert vault.keys is not None
    path, first = vault.keys.path, vault.keys.key(1)
    with path.open("ab") as file:
        file.write(b"torn")
    again = open_vault(tmp_path / "journal.key", secrets.token_bytes, new=False).keys
    assert again is not None
    assert again.key(1) == first
    with pytest.raises(SettingsError, match="older"):
        again.key(again.last + 1)
    again.reach(again.last + 1)
    assert len({again.key(place) for place in range(1, again.last + 1)}) == again.last


def test_an_old_journal_without_its_key_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_vault(tmp_path / "journal.key", secrets.token_bytes, new=False)
    open_vault(tmp_path / "journal.key", secrets.token_bytes, new=True)
    assert (tmp_path / "journal.key").stat().st_mode & 0o077 == 0
    (tmp_path / "journal.key").write_bytes(b"short")
    with pytest.raises(SettingsError):
        open_vault(tmp_path / "journal.key", secrets.token_bytes, new=False)


def test_every_stage_with_a_sealed_personal_or_secret_field_is_kept_closed() -> None:
    standard = load()
    for stage in standard.stages:
        policies = [field.policy for field in stage.fields]
        open_ = all((p.sealed_until, p.personal, p.secret) == ("none", "none", "none") for p in policies)
        assert kept_closed(stage) is not open_, stage.id
    assert kept_closed(standard.stage("eng-bidder-list"))


async def test_a_bidders_record_is_in_no_file_of_the_hub_and_still_delivered_and_proved(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-bidder-list"):
        answer = await bench.send(hub, stage)
        assert answer.status == 202, answer
    hub_id = answer.data["hubId"]
    await hub.drain()
    rows = stored(tmp_path)
    assert rows
    assert all(raw.startswith(MARK2) for _, raw in rows)
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"BIDDER_ORG_CODE" not in everything
    again = await bench.open()
    assert again.trace(Reader("T01"), hub_id) is not None
    proof = again.proof(Reader("T01"), hub_id)
    assert proof is not None
    await again.drain()
