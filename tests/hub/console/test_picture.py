"""The picture as geometry and as text: everybody is on it, once, apart from each other, in both languages."""

from __future__ import annotations

import math

import pytest

from hub import catalogue
from hub.console.live import live
from hub.console.picture import GROUPS, HEIGHT, WIDTH, Node, draw
from hub.console.render import ASSETS, asset_bytes, page


def nodes() -> list[Node]:
    return [Node(row.id, row.zh, row.en, row.dialect, "online") for row in catalogue.load().systems]


def test_all_systems_stand_once_on_the_drawing_and_none_on_another() -> None:
    placed = draw(nodes()).nodes
    assert len({one.node.id for one in placed}) == len(placed) == 135
    for one in placed:
        assert 20 < one.x < WIDTH - 20
        assert 20 < one.y < HEIGHT - 20
    nearest = min(
        math.hypot(a.x - b.x, a.y - b.y) for index, a in enumerate(placed) for b in placed[index + 1 :]
    )
    assert nearest >= 2 * 17.5 - 1  # circles of home.html touch at most


def test_every_group_has_its_label_and_count() -> None:
    labels = draw(nodes()).labels
    assert [label.key for label in labels] == list(GROUPS)
    assert sum(label.count for label in labels) == 135


def test_a_system_of_an_unheard_of_group_is_drawn_too() -> None:
    picture = draw([*nodes(), Node("Z01", "新", "new", "x", "none")])
    assert picture.labels[-1].key == "Z"
    assert len(picture.nodes) == 136


def home(lang: str) -> str:
    return page("home.html", lang, here="/", realm="sandbox", who="", names={}, states={}, nodes=nodes())


def test_chinese_first_english_at_a_switch_and_nothing_from_elsewhere() -> None:
    chinese, english = home("zh"), home("en")
    assert "全省一张网" in chinese
    assert 'href="/?lang=en"' in chinese
    assert "one network" in english
    assert "全省" not in english
    for text in (chinese, english, *(asset_bytes(name).decode() for name in ASSETS)):
        # But for the component on the user's own machine, which only the page of certificates calls.
        assert "http://" not in text.replace("http://127.0.0.1:", "")
        assert "https://" not in text
    assert " style=" not in chinese
    assert "<script>" not in chinese


def test_names_cannot_carry_markup() -> None:
    text = page(
        "home.html", "zh", here="/", realm="sandbox", who="", names={}, states={},
        nodes=[Node("P01", "<script>x</script>", "x", "x", "online")],
    )  # fmt: skip
    assert "<script>x" not in text


@pytest.mark.parametrize("few", [0, 1, 9])
def test_the_news_are_at_most_three_lines(few: int) -> None:
    row = {
        "at": "2026-11-22T09:00:00+08:00",
        "from": "T01",
        "stage": "eng-project",
        "to": ["D01"] * 9,
        "hubId": "secret",
    }
    status = {
        "systems": {"T01": {"state": "online", "traffic": 2, "dead": 1, "faulty": True}},
        "messages": {"accepted": 4},
        "deliveries": {"delivered": 3, "dead": 1},
        "last": [row] * few,
    }
    shown = live(status, {"eng-project": ("项目登记", "Project")}, "now")
    assert len(shown["last"]) == min(few, 3)
    assert (shown["accepted"], shown["delivered"], shown["dead"]) == (4, 3, 1)
    assert shown["systems"]["T01"] == {"state": "online", "traffic": 2, "faulty": True}
    assert "secret" not in str(shown)
