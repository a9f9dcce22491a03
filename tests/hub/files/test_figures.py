"""What documents and settings say in numbers is what holds."""

from __future__ import annotations

import re

import pytest

from hub import standard
from hub.files import bounds
from hub.settings import Settings


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_clause_states_what_the_hub_starts_with(lang):
    text = getattr(standard.load().exchange.rules["EX-LIM-03"], lang)
    assert [int(found) * 2**20 for found in re.findall(r"[0-9]+", text)] == [
        Settings().max_file,
        Settings().file_part,
    ]


def test_a_table_of_bounds_that_lacks_one_is_not_taken(tmp_path):
    assert bounds.load().zip_total >= Settings().max_file
    text = bounds.TABLE.read_text("utf-8")
    for broken in (text.replace("zip_depth,3", "zip_dept,3"), text.replace("parts,4096", "parts,0")):
        copy = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        copy.write_text(broken, "utf-8")
        with pytest.raises(ValueError, match=r"\.csv"):
            bounds.load(copy)
