"""The built site: whole, sound, linked, the same every time, and telling everything the tables hold."""

from __future__ import annotations

import argparse
import csv
import io
import json
import posixpath
import re
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from lxml import etree

from hub.standard import cli, load
from hub.standard.documents import drawing, notices, outside, rows
from hub.standard.documents.examples import Examples
from hub.standard.documents.site import Site, build, site_page
from hub.standard.loading import DATA

ROOT = Path(__file__).resolve().parents[4]


def test_tags_are_balanced_and_ids_unique(pages):
    assert len(pages) > 470
    assert {path: seen.wrong for path, seen in pages.items() if seen.wrong} == {}
    twice = {path: [i for i, n in Counter(seen.ids).items() if n > 1] for path, seen in pages.items()}
    assert {path: ids for path, ids in twice.items() if ids} == {}


def test_every_link_and_anchor_resolves_and_none_leaves_the_site(built, pages):
    broken, followed = [], 0
    for path, seen in pages.items():
        for link in seen.links:
            if link == "data:,":
                continue
            assert ":" not in link.split("#")[0] and not link.startswith("/"), (path, link)
            target, _, fragment = unquote(link).partition("#")
            whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            followed += 1
            if not (built / whole).is_file() or (fragment and fragment not in pages[whole].ids):
                broken.append((path, link))
    assert broken == [] and followed > 15_000


def test_each_language_has_every_page_and_a_switch_to_the_other(pages):
    chinese = {path for path in pages if not path.startswith("en/")}
    assert {f"en/{path}" for path in chinese} == {path for path in pages if path.startswith("en/")}
    for path in chinese:
        back = posixpath.relpath(path, posixpath.dirname(f"en/{path}"))
        assert back in pages[f"en/{path}"].links, path


def test_every_stage_service_code_list_format_clause_and_code_has_its_place(standard, pages):
    for prefix in ("", "en/"):
        for stage in standard.stages:
            ids = pages[f"{prefix}stages/{stage.id}.html"].ids
            assert {f"f-{one.name}" for one in stage.fields} <= set(ids), stage.id
            assert f"d-{stage.id}" in pages[f"{prefix}disclosure.html"].ids
            assert f"x-{stage.id}" in pages[f"{prefix}crosswalk.html"].ids
        for service in standard.services.values():
            ids = pages[f"{prefix}services/{service.name}.html"].ids
            assert {f"request-{one.name}" for one in service.request} <= set(ids)
            assert {f"reply-{one.name}" for one in service.reply} <= set(ids)
        for codes in standard.code_lists.values():
            assert {f"c-{code}" for code in codes.codes} <= set(pages[f"{prefix}codes/{codes.id}.html"].ids)
        assert {f"t-{name}" for name in standard.types} <= set(pages[f"{prefix}services/types.html"].ids)
        assert {f"fmt-{name}" for name in standard.formats} <= set(pages[f"{prefix}formats.html"].ids)
        assert {*standard.exchange.rules} <= set(pages[f"{prefix}exchange.html"].ids)
        assert {*standard.rules, *standard.exchange.codes} <= set(pages[f"{prefix}findings.html"].ids)
        assert {f"s-{one}" for one in standard.exchange.states} <= set(pages[f"{prefix}receipts.html"].ids)
        assert {f"k-{one}" for one in standard.control} <= set(pages[f"{prefix}control.html"].ids)
        assert {f"o-{row['id']}" for row in rows.own("official.csv")} <= set(
            pages[f"{prefix}official.html"].ids
        )


def test_the_start_page_names_the_five_parts_and_every_service_is_in_one(standard, pages):
    text = "".join(pages["index.html"].text)
    for name in ("数据汇聚", "服务大厅接入", "身份认证", "数字证书和电子印章接入", "业务存证", "数据标准"):
        assert name in text
    families = {one for part in rows.own("parts.csv") for one in part["families"].split(";")}
    assert {service.family for service in standard.services.values()} == families
    assert str(len(standard.stages)) in text and str(sum(len(one.fields) for one in standard.stages)) in text


def test_the_site_is_the_same_every_time(built):
    site = Site(load())
    assert len(site.paths) == sum(1 for path in built.rglob("*") if path.is_file())
    different = [path for path in site.paths if site.make(path) != (built / path).read_bytes()]
    assert different == []


@pytest.mark.parametrize(
    ("lang", "there", "absent"), [("zh", "flow.html", "en/flow.html"), ("en", "en/flow.html", "flow.html")]
)
def test_one_language_alone(tmp_path, lang, there, absent):
    build(tmp_path, (lang,))
    assert (tmp_path / there).is_file() and not (tmp_path / absent).exists()
    assert (tmp_path / "index.html").is_file()
    assert 'class="lang"' not in (tmp_path / there).read_text("utf-8")


def test_served_pages_are_those_of_the_folder(built):
    assert site_page("") == (built / "index.html").read_bytes() == site_page("index.html")
    assert site_page("stages/") == (built / "stages/index.html").read_bytes()
    assert site_page("files/openapi.json") == (built / "files/openapi.json").read_bytes()
    assert (
        site_page("stages/none.html") is None
        and site_page("../site.py") is None
        and site_page("stages") is None
    )


def test_samples_and_downloads_are_what_they_say(standard, built):
    files, database = built / "files", sqlite3.connect(":memory:")
    database.executescript((files / "ddl-sqlite.sql").read_text("utf-8"))
    for stage in standard.stages:
        envelope = json.loads((files / f"sample/{stage.id}.json").read_text("utf-8"))
        assert standard.check(envelope) == []
        schema = json.loads((files / f"schema/{stage.id}.json").read_text("utf-8"))
        if stage.category == "engineering":
            envelope["head"]["sign"] = {"alg": "hmac-sm3", "keyId": "k", "value": "AAAA"}
            jsonschema.Draft202012Validator(schema).validate(envelope)
        etree.XMLSchema(etree.parse(files / f"xsd/{stage.id}.xsd"))
        assert stage.id in etree.parse(files / f"sample/{stage.id}.xml").getroot()[0][0].tag
        database.executescript((files / f"ddl/{stage.id}-sqlite.sql").read_text("utf-8"))
        database.executescript((files / f"sample/{stage.id}.sql").read_text("utf-8"))
        packed = zipfile.ZipFile(io.BytesIO((files / f"sample/{stage.id}.zip").read_bytes()))
        assert packed.testzip() is None and f"data/{stage.id}.jsonl" in packed.namelist()
    assert database.execute("SELECT SUM(WAITING) FROM EXCHANGE_WATERMARK").fetchone()[0] == len(
        standard.stages
    )


def test_names_of_systems_come_from_the_catalogue(standard):
    named = outside.systems()
    used = {one for service in standard.services.values() for one in (*service.senders, *service.receivers)}
    assert used - set(named) == set()
    assert "P02" in {system for system, _ in outside.receivers()["eng-candidate-publicity"]}


def test_diagrams_hold_what_the_tables_hold(standard):
    exchange = standard.exchange
    receipts = drawing.receipts(exchange)
    assert {box.id for box in receipts.boxes} == set(exchange.states)
    assert [arrow.mark for arrow in receipts.arrows] == [str(n + 1) for n in range(len(exchange.moves))]
    tender = drawing.tender(standard)
    engineering = [stage for stage in standard.stages if stage.category == "engineering"]
    lifted = sum(
        1 for one in engineering if one.policy.lifted_by and one.policy.lifted_by[0] in standard.by_id
    )
    own = sum(1 for one in engineering if one.id in one.policy.lifted_by)
    assert len([arrow for arrow in tender.arrows if arrow.kind.startswith("lift")]) == lifted - own
    for picture, wide, high in (
        (receipts, drawing.WIDE, drawing.HIGH),
        (tender, drawing.BOX_WIDE, drawing.BOX_HIGH),
    ):
        for box in picture.boxes:
            assert 0 <= box.x <= picture.width - wide and 0 <= box.y <= picture.height - high
        spots = [(box.x // wide, box.y // high) for box in picture.boxes]
        assert len(set(spots)) == len(spots), "no box on another"


def test_notices_use_only_what_anyone_may_see(standard):
    made = notices.notices(standard, Examples(standard))
    assert {"eng-tender-notice", "eng-candidate-publicity", "eng-result-notice"} <= {
        one.stage.id for one in made
    }
    publications = {stage.id for stage in standard.stages if stage.policy.gate == "publication"}
    assert publications <= {one.stage.id for one in made}
    for one in made:
        assert notices.PLACE.search(one.filled) is None and one.provenance == "ours"
    bad = {"stage": "eng-bidder-list", "title": "", "zh": "{BIDDER_PHONE}{NOBODY}", "en": ""}
    assert len(notices.wrong(standard, bad)) == 2


def test_clauses_of_the_contents_have_anchors_and_official_texts_a_place(standard, pages):
    clauses = {
        one for rule in standard.rules.values() for one in rule.clause.split() if one.startswith("STD-")
    }
    assert len(clauses) > 15 and clauses <= set(pages["findings.html"].ids)
    assert not re.search(r"\{[a-z_]+\}", "".join(pages["findings.html"].text))
    for row in rows.own("official.csv"):
        for path in row["where"].split(";"):
            assert (ROOT / path).exists(), path


def test_the_command_builds_and_says_so(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    args = parser.parse_args(["build", str(tmp_path / "out"), "--lang", "zh", "--json"])
    assert cli.run(args) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] > 900 and told["start"] == str(tmp_path / "out/index.html")
    (tmp_path / "file").write_text("in the way")
    assert cli.run(parser.parse_args(["build", str(tmp_path / "file")])) == 3


def test_the_crosswalk_is_the_table(standard, pages):
    text = "".join(pages["crosswalk.html"].text)
    path = DATA / "stages.csv"
    for row in csv.DictReader(path.read_text("utf-8").splitlines()):
        assert row["fj_dataset"] in text and row["fj_data_no"] in text
