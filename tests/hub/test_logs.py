"""A line is a line whatever anything was called, and no secret is ever in one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import logs
from hub.tracing.context import current, parse
from tests.certs.pdf.test_verify import judge, new_text, sm2
from tests.certs.pdf.writer import updated

HOSTILE = 'x\n2026-01-01 error root forged\r\x1b[2J\x00"}\u2028\u202e{"level":"info"\ud800\x85'


@pytest.fixture
def quiet() -> Iterator[None]:
    """Leaves the root logger as it was."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in kept:
        root.addHandler(handler)
    root.setLevel(level)


def said(form: str, text: str, *args: object, **extra: object) -> str:
    stream = io.StringIO()
    logs.configure(form, "info", stream)
    logging.getLogger("hub.test").warning(text, *args, extra=extra)
    return stream.getvalue()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_hostile_name_stays_inside_its_line(form: str) -> None:
    out = said(form, "lane %s", HOSTILE, system=HOSTILE, hubId=HOSTILE, event=HOSTILE)
    assert out.endswith("\n") and len(out.splitlines()) == 1
    assert all(char.isprintable() for char in out[:-1])
    out.encode("utf-8")
    if form == "json":
        row = json.loads(out)
        assert set(row) == {"time", "level", "event", "text", "system", "hubId"}
        assert row["level"] == "warning" and "\\u000a" in row["text"]


@given(st.text())
def test_every_text_becomes_one_line(text: str) -> None:
    escaped = logs.escaped(text)
    assert len(f"a{escaped}b".splitlines()) == 1
    escaped.encode("utf-8")


@pytest.mark.usefixtures("quiet")
def test_the_words_of_an_exception_are_not_told() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    try:
        raise ValueError("secret-of-a-record")
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    row = json.loads(stream.getvalue())
    assert "secret-of-a-record" not in stream.getvalue() and "ValueError at" in row["text"]


@pytest.mark.usefixtures("quiet")
def test_a_call_with_wrong_arguments_loses_nothing() -> None:
    assert json.loads(said("json", "%s and %s", "one"))["text"] == "%s and %s"


@pytest.mark.usefixtures("quiet")
def test_the_trace_is_told_only_of_what_anybody_may_know() -> None:
    context = parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert context is not None
    token = current.set(context)
    assert "trace" not in json.loads(said("json", "x"))
    current.set(context.child("b" * 16, known=True))
    assert json.loads(said("json", "x"))["trace"] == context.trace
    current.reset(token)


@pytest.mark.usefixtures("quiet")
def test_no_line_follows_a_question_from_the_library_that_judged_it() -> None:
    """pyHanko says what it finds suspicious in a PDF; who has one judged may be getting ready to bid."""
    stream = io.StringIO()
    logs.configure("text", "info", stream)
    assert not judge(updated(sm2(), new_text)).ok
    assert stream.getvalue() == ""
    logging.getLogger("pypdf.something").warning("others are heard")
    assert "others are heard" in stream.getvalue()
