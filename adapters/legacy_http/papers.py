"""Names and limits of the papers that both faces and both variants need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "HEX32"
LIMIT = 1024 * 1024
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
SIGNED = "appkey-md5"  # the other variant is session-rcode
LOGIN = "/api/login"
GATEWAY = "/gateway.do"
MODULES = {
    "eng-project": "xmdj",
    "eng-tender-project": "zbxm",
    "eng-section": "bdhf",
    "eng-tender-notice": "zbgg",
    "eng-bid-opening": "kbjl",
    "eng-candidate-publicity": "hxrgs",
    "eng-result-notice": "zbjg",
    "contract-sign": "htqd",
}
STAGES = {module: stage for stage, module in MODULES.items()}
