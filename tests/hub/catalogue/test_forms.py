"""Forms of values, against results worked out by hand."""

from __future__ import annotations

import pytest

from hub.catalogue import Papers
from hub.catalogue.forms import abroad, row_key
from tests.rows import each

MAPS = {"sf": {"1": "是", "0": "否"}}


@each(
    ("form", "value", "record", "foreign"),
    [
        ("text", " a\n", {}, " a\n"),
        ("datetime:yyyy-MM-dd HH:mm:ss", "2026-01-02T03:04:05+08:00", {}, "2026-01-02 03:04:05"),
        ("datetime:yyyyMMddHHmmss", "2026-01-02T03:04:05+08:00", {}, "20260102030405"),
        ("datetime:local-no-zone", "2026-01-02T03:04:05+08:00", {}, "2026-01-02T03:04:05"),
        ("datetime:yyyy/M/d H:mm:ss", "2026-01-02T03:04:05+08:00", {}, "2026/1/2 3:04:05"),
        ("datetime:yyyy-MM-dd HH:mm:ss", "2026-01-01T20:00:00+00:00", {}, "2026-01-02 04:00:00"),
        ("date:yyyyMMdd", "2027-03-01", {}, "20270301"),
        ("amount:wan:U", "12345678.90", {"U": "0"}, "1234.56789"),
        ("amount:wan:U", "1180.50", {"U": "1"}, "1180.5"),
        ("amount:wan:U", "0.000001", {"U": "0"}, "0.0000000001"),
        ("amount:yuan:U", "1180.5", {"U": "1"}, "11805000"),
        ("amount:yuan:U", "100", {"U": "0"}, "100"),
        ("amount:yuan2:U", "1180.5", {"U": "1"}, "11805000.00"),
        ("amount:yuan2:U", "100.5", {"U": "0"}, "100.50"),
        ("amount:yuan2:U", "0.000001", {"U": "0"}, "0.000001"),
        ("amount:plain", "100.00", {}, "100.00"),
        ("code:sf", "1", {}, "是"),
        ("code:sf", "1;0", {}, "是;否"),
        ("list:,", "a;b;", {}, "a,b"),
    ],
)
def test_form(form: str, value: str, record: dict[str, str], foreign: str) -> None:
    assert abroad(form, value, record, MAPS) == foreign


def test_a_code_without_spelling_and_an_unknown_form_are_faults_of_the_papers() -> None:
    with pytest.raises(KeyError):
        abroad("code:sf", "7", {}, MAPS)
    with pytest.raises(ValueError, match="FORMS"):
        abroad("roman", "7", {}, MAPS)


def test_row_key_shapes() -> None:
    keys = {
        shape: row_key("T03", "eng-section", "S-1", shape) for shape in ("uuid", "hex32", "HEX32", "hex64")
    }
    assert keys["uuid"] == "28c5e805-d7b7-2a51-8bb2-c980ed6faeaa"
    assert keys["hex32"] == keys["uuid"].replace("-", "")
    assert keys["HEX32"] == keys["hex32"].upper()
    assert keys["hex64"][:32] == keys["hex32"]


def test_native_table_is_the_identity_and_absent_fields_are_left_out() -> None:
    fields = {"NOTICE_NAME": "公告", "DOC_PRICE": "", "URL": None}
    assert Papers.load("hub-unified-v1").expected_foreign("eng-tender-notice", fields) == {
        "NOTICE_NAME": "公告"
    }
    assert Papers.load("asmx-parasxml").expected_foreign("eng-tender-notice", fields) == {"Title": "公告"}
    with pytest.raises(KeyError):
        Papers.load("exch-hmac").expected_foreign("eng-tender-notice", fields)


def test_a_system_with_other_times_is_judged_by_its_own() -> None:
    papers = Papers.load("front-db")
    fields = {"BEGIN_DATE": "2027-03-01", "CREATE_TIME": "2026-11-20T08:30:00+08:00", "LIMITE_TIME": 240}
    usual = {"JHKGRQ": "2027-03-01", "JLSJ": "2026-11-20 08:30:00", "GQ": "240"}
    for system in ("", "M13", "T01"):
        assert papers.expected_foreign("eng-section", fields, system) == usual
    assert papers.expected_foreign("eng-section", fields, "X14") == {
        "JHKGRQ": "20270301000000",
        "JLSJ": "20261120083000",
        "GQ": "240",
    }
