"""Numbers that clauses state in words are those the hub starts with."""

from __future__ import annotations

import re

from hub.delivery.backoff import SPREAD
from hub.message import WINDOW
from hub.message.parse import MAX_DEPTH
from hub.settings import Settings


def _numbers(standard, rule, lang):
    text = getattr(standard.exchange.rules[rule], lang).replace("1,000", "1000")
    return [int(found) for found in re.findall(r"[0-9]+", text)]


def test_the_figures_of_the_clauses_are_those_of_the_settings(standard):
    settings = Settings()
    schedule = [int(seconds) for seconds in settings.retry_schedule]
    for lang in ("zh", "en"):
        assert _numbers(standard, "EX-RTY-01", lang) == schedule
        assert _numbers(standard, "EX-LIM-01", lang)[0] * 2**20 == settings.max_body
        batch = _numbers(standard, "EX-LIM-02", lang)
        assert [batch[0], batch[1] * 2**20] == [settings.max_batch, settings.max_batch_body]
        assert settings.window_seconds == WINDOW.total_seconds() == _numbers(standard, "EX-TIM-01", lang)[0]
        assert MAX_DEPTH in _numbers(standard, "EX-ENV-06", lang)
    assert SPREAD == 0.2, "a fifth, as EX-RTY-01 says"
