"""What the policy keeps closed is unreadable in the file, in a copy and in a backup of it."""

import secrets
import sqlite3
from pathlib import Path

import pytest
from core_kit import Bench, Reader

from hub.errors import SettingsError
from hub.journal.sqlite import FILE
from hub.journal.vault import KEY, MARK, Vault, open_vault
from hub.standard import load
from hub.standard.policy import kept_closed


def stored(data: Path) -> list[tuple[int, bytes]]:
    connection = sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)
    rows = connection.execute("SELECT seq, raw FROM entry WHERE length(raw) > 0").fetchall()
    connection.close()
    return [(seq, bytes(raw)) for seq, raw in rows]


def test_what_is_closed_opens_only_with_its_key_and_in_its_place() -> None:
    vault = Vault(b"k" * KEY, secrets.token_bytes)
    closed = vault.close(7, b"plain")
    assert vault.open(7, closed) == b"plain"
    assert b"plain" not in closed
    assert vault.open(8, b'{"open": 1}') == b'{"open": 1}'
    for seq, bytes_, key in [(8, closed, b"k"), (7, closed[:-1] + b"x", b"k"), (7, closed, b"j")]:
        with pytest.raises(SettingsError, match="journal"):
            Vault(key * KEY, secrets.token_bytes).open(seq, bytes_)


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
    assert all(raw.startswith(MARK) for _, raw in rows)
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"BIDDER_ORG_CODE" not in everything
    again = await bench.open()
    assert again.trace(Reader("T01"), hub_id) is not None
    proof = again.proof(Reader("T01"), hub_id)
    assert proof is not None
    await again.drain()
