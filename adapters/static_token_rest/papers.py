"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "uuid"
LIMIT = 2 * 1024 * 1024
TABLES = {
    "eng-project": "gcxm",
    "eng-tender-project": "zbxm",
    "eng-section": "biaoduan",
    "eng-tender-notice": "zbgonggao",
    "eng-bid-opening": "kaibiaojilu",
    "eng-candidate-publicity": "hxrgongshi",
    "eng-result-notice": "zbjieguo",
    "contract-sign": "hetong",
    "supervise-alert": "yujing",
    "supervise-complaint": "tousu",
}
STAGES = {table: stage for stage, table in TABLES.items()}
# the body is JSON under each of them; some deployments insist on the label of a form
ASKED = {"json-under-form-content-type": "application/x-www-form-urlencoded;charset=UTF-8"}
JSON = "application/json;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"
ANSWERED = {"json-under-form-content-type": TEXT}
SEALED = "sm2-aes"  # the variant in which the whole body is enciphered
SUCCESS = ("1", "200")
