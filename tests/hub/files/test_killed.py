"""SIGKILL at any moment: what was noted is there, what was not is sent again, what came whole stays."""

from __future__ import annotations

import io
import sqlite3

import pytest
from killed import MIB, Served, kill_at, pieces, write

from hub.attaching import name_of
from hub.errors import HubError
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal

SIZE = 40


def _lying(data):
    return [path for path in (data / "files").rglob("*") if path.is_file()]


def _whole(served, name, size, seed):
    into = io.BytesIO()
    assert served.client().get_file(name, into) == size * MIB
    assert into.getvalue() == b"".join(pieces(size, seed))


def test_forty_megabytes_broken_and_resumed_across_a_kill(tmp_path):
    path, data = tmp_path / "big", tmp_path / "data"
    write(path, SIZE, 3)
    name = name_of(path)
    served = Served(data)
    died, told = kill_at(served, 0.4, SIZE * MIB)
    with pytest.raises(HubError):
        served.client().put_file(path, part=3 * MIB, told=told, pause=lambda _: None)
    assert died.is_set()
    served = Served(data)
    found = served.client().file_status(name)
    assert found["state"] == "incoming"
    assert found["ranges"][0][1] + 1 >= 0.4 * SIZE * MIB, "what was acknowledged is there"
    sent = []
    served.client().put_file(path, part=3 * MIB, told=lambda come, _: sent.append(come))
    assert sent[0] == found["ranges"][0][1] + 1 + 3 * MIB, "and is not sent again"
    _whole(served, name, SIZE, 3)
    assert served.memory < 150
    served.kill()
    served = Served(data)
    _whole(served, name, SIZE, 3)
    assert served.stop() == 0
    assert len(_lying(data)) == 1


@pytest.mark.parametrize(
    "point", ["file-written:2", "file-written:3", "file-whole:1", "file-placed:1", "before-commit:2"]
)
def test_killed_between_any_two_steps_and_finished(tmp_path, point):
    path, data = tmp_path / "file", tmp_path / "data"
    write(path, 3, 4)
    name = name_of(path)
    served = Served(data, failpoints=point)
    with pytest.raises(HubError):
        served.client().put_file(path, part=MIB, pause=lambda _: None)
    assert served.killed()
    served = Served(data)
    assert served.client().put_file(path, part=MIB)["state"] == "there"
    _whole(served, name, 3, 4)
    assert served.stop() == 0
    assert len(_lying(data)) == 1, "nothing is left in the incoming area"
    live = sqlite3.connect(data / FILE)
    assert live.execute("SELECT count(*) FROM file").fetchone()[0] == 1
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    live.close()


@pytest.mark.parametrize("point", ["file-whole:1", "file-placed:1"])
def test_what_came_whole_is_finished_without_its_sender(tmp_path, point):
    path, data = tmp_path / "file", tmp_path / "data"
    write(path, 2, 5)
    served = Served(data, failpoints=point)
    with pytest.raises(HubError):
        served.client().put_file(path, part=MIB, pause=lambda _: None)
    assert served.killed()
    served = Served(data)
    for _ in range(200):
        found = served.client().file_status(name_of(path))
        if found is not None and found["state"] == "there":
            break
    assert found is not None and found["state"] == "there"
    assert served.stop() == 0


def test_a_torn_note_and_half_written_bytes_are_not_believed(tmp_path):
    path, data = tmp_path / "file", tmp_path / "data"
    write(path, 3, 6)
    name = name_of(path)
    body = path.read_bytes()
    served = Served(data)
    for start in (0, MIB):
        assert served.client().put_part(name, body[start : start + MIB], start, 3 * MIB).status == 202
    served.kill()
    (note,) = (data / "files" / "incoming").glob("*.note")
    lines = note.read_bytes().splitlines(keepends=True)
    note.write_bytes(b"".join(lines[:2]) + lines[2][:-7])
    (stray,) = (data / "files" / "incoming").glob("*.data")
    with stray.open("ab") as file:
        file.write(b"half written" * 1000)
    (data / "files" / "incoming" / "T01-nonsense.data").write_bytes(b"x")
    served = Served(data)
    assert served.client().file_status(name)["ranges"] == [[0, MIB - 1]]
    assert served.client().put_file(path, part=MIB)["state"] == "there"
    _whole(served, name, 3, 6)
    assert served.stop() == 0
    assert len(_lying(data)) == 1
