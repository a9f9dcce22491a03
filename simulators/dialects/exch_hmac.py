"""数据共享交换平台: a fetched secret, signed headers, and no idempotency key at all.

Written from `dialects/exch-hmac/rules.md`. Every accepted push is stored and counted as an effect, also
the one that was there before: that is what makes the hub ask first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import jsonread
from simulators.sheet import Wrong, body, empty, op_of, sheet
from simulators.state import Push
from simulators.translate import homeward, outward
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "exch-hmac"
TYPE = "application/json;charset=UTF-8"
LIMIT = 1048576
WINDOW_MS = 300_000
RENEW_MS = 300_000
TEXTS = {
    "0": "成功",
    "1001": "签名不匹配",
    "1002": "密钥已过期",
    "1003": "请求时间超出范围",
    "1004": "IP不在白名单",
    "1005": "请求者未订阅该服务",
    "1006": "应用标识不存在",
    "2001": "必填项为空",
    "2002": "字段格式错误",
    "2003": "代码值不存在",
    "2004": "要修改或删除的记录不存在",
    "2010": "请求体不是合法JSON",
    "3001": "系统繁忙",
    "3002": "超过流量限制",
    "4001": "主体不存在",
    "4002": "主体代码校验失败",
    "5000": "内部错误",
}
KINDS = {"required": "2001", "format": "2002", "code": "2003"}
MOODS = {
    "sign-mismatch": "1001",
    "secret-expired": "1002",
    "ip-not-in-allow-list": "1004",
    "rid-not-subscribed": "1005",
    "busy": "3001",
    "throttled": "3002",
    "internal-error": "5000",
}
_CREDIT = {"credit.body-unknown": "4001", "credit.body-code": "4002"}
_SERVICES = {"zbjg": "eng-result-notice", "htqd": "contract-sign"}


class ExchHmac:
    """The gateway: `/gateway/secret` and `/gateway/api/{service}`."""

    services: tuple[str, ...] = ("zbjg", "htqd", "xycx", "jlcx")

    def __init__(self, desk: Desk) -> None:
        self._papers = papers = Papers.load(NAME)
        self._desk = desk
        desk.ledger.pattern = "XYGS{day}{serial:08d}"
        self._lifetime = int(papers.facts["secret_lifetime_s"]) * 1000
        rids = {name: papers.facts["rids"][name] for name in self.services}
        self._rids = {name: desk.credentials.get(f"rid_{name}") or rid for name, rid in rids.items()}
        self._numeric = papers.facts.get("systems", {}).get(desk.id, {}).get("code_type") == "number"
        self._secrets: list[tuple[str, int]] = []
        self._pushes: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.method != "POST":
            return NO_SUCH_PATH
        if len(request.body) > LIMIT:
            return Reply(413)
        if request.path == "/gateway/secret":
            return self._secret(request, now)
        service = request.path.removeprefix("/gateway/api/")
        if not request.path.startswith("/gateway/api/") or service not in self._rids:
            return NO_SUCH_PATH
        for mood, code in MOODS.items():
            if self._desk.feels(mood):
                return self._upset(code, request, now)
        refused = self._proof(request, service, now)
        return self._say(refused) if refused else self._serve(service, request.body, now)

    def _upset(self, code: str, request: Request, now: datetime) -> Reply:
        """What a fault makes it say."""
        return self._say(code)

    # -- who calls --------------------------------------------------------------------------------

    def _secret(self, request: Request, now: datetime) -> Reply:
        head, app_key = request.headers, self._desk.credentials["app_key"]
        if head.get("sid") != self._desk.credentials["sid"]:
            return self._say("1006")
        if not _near(head.get("rtime", ""), now):
            return self._say("1003")
        if not _fits(app_key.encode("ascii"), head.get("sid", "") + head["rtime"], head.get("sign", "")):
            return self._say("1001")
        secret, end = self._current(now)
        return self._say("0", {"secret": encipher(app_key, secret), "endTime": str(end)})

    def _current(self, now: datetime) -> tuple[str, int]:
        """The same secret until five minutes are left; then a new one while the old still works."""
        moment = _ms(now) // 1000 * 1000
        if not self._secrets or self._secrets[-1][1] - moment <= RENEW_MS:
            given = self._desk.credentials.get("secret") if not self._secrets else None
            serial = f"{self._desk.id}/{self._desk.credentials['app_key']}/{len(self._secrets)}/{moment}"
            made = given or hashlib.sha256(serial.encode()).hexdigest()[:32]
            self._secrets = [*self._secrets[-1:], (made, moment + self._lifetime)]
        return self._secrets[-1]

    def _proof(self, request: Request, service: str, now: datetime) -> str:
        """The code of the first check that fails, in the order of the papers; empty when all hold."""
        head = request.headers
        sid, rid, rtime, sign = (head.get(name, "") for name in ("sid", "rid", "rtime", "sign"))
        if sid != self._desk.credentials["sid"]:
            return "1006"
        if not _near(rtime, now):
            return "1003"
        if not any(end > _ms(now) for _, end in self._secrets):
            return "1002"
        signed = [
            end for secret, end in self._secrets if _fits(secret.encode("utf-8"), sid + rid + rtime, sign)
        ]
        if not signed:
            return "1001"
        if signed[-1] <= _ms(now):
            return "1002"
        return "" if rid == self._rids[service] else "1005"

    # -- what is asked ----------------------------------------------------------------------------

    def _serve(self, service: str, raw: bytes, now: datetime) -> Reply:
        asked = jsonread.read(raw)
        if not isinstance(asked, dict):
            return self._say("2010")
        if service == "jlcx":
            found = self._pushes.get((str(asked.get("LX")), str(asked.get("SJZJ"))), [])
            return self._say("0", {"ZS": len(found), "JLLB": found})
        if service == "xycx":
            return self._credit(asked, now)
        return self._push(service, _SERVICES[service], asked, now)

    def _push(self, service: str, stage: str, asked: dict[str, Any], now: datetime) -> Reply:
        form = sheet(NAME, stage)
        if wrong := form.missing(asked) or form.wrong(asked) or _texts(asked):
            return self._say(KINDS[wrong[0].kind], None, wrong[0].field)
        key, op = str(asked["SJZJ"]), op_of(NAME, asked["CZLX"])
        if op != "insert" and (service, key) not in self._pushes:
            return self._say("2004")
        held = self._desk.ledger.append(Push(stage, key, int(asked["BBH"]), op, asked, asked), now)
        told = {"LSH": held.receipt, "JSSJ": f"{now:%Y%m%d%H%M%S}"}
        self._pushes.setdefault((service, key), []).append({**told, "SJ": asked})
        return self._say("0", told)

    def _credit(self, asked: dict[str, Any], now: datetime) -> Reply:
        book, form = self._desk.books.get("credit.query"), body(NAME, "credit.query", "request")
        if book is None:
            return self._say("1005")
        if wrong := form.missing(asked) or form.wrong(asked):
            return self._say(KINDS[wrong[0].kind], None, wrong[0].field)
        try:
            found = book(dict(homeward(NAME, "credit.query", "request", asked)), now)
        except Refusal as no:
            return self._say(_CREDIT[no.code])
        told: dict[str, Any] = outward(
            NAME, "credit.query", "reply", {k: v for k, v in found.items() if k != "hits"}
        )
        hits = [_hit(hit) for hit in found["hits"]]
        names = ("HYBH", "SFXZ", "JLLB", "SJLYXT", "SJSD")
        return self._say("0", {name: hits if name == "JLLB" else told[name] for name in names})

    def _say(self, code: str, data: Any = None, field: str = "") -> Reply:
        numeric = self._numeric != self._desk.feels("code-type-flip")
        text = f"{TEXTS[code]}:{field}" if field else TEXTS[code]
        told = {"code": int(code) if numeric else code, "message": text, "data": data}
        return Reply.text(200, TYPE, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def encipher(app_key: str, secret: str) -> str:
    """Base64 of AES-128-ECB with PKCS#7 under the decoded app key (rules.md 3: old, and theirs)."""
    padder = PKCS7(128).padder()
    padded = padder.update(secret.encode("utf-8")) + padder.finalize()
    cipher = Cipher(algorithms.AES(bytes.fromhex(app_key)), modes.ECB()).encryptor()  # noqa: S305
    return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode("ascii")


def _hit(hit: dict[str, Any]) -> dict[str, str]:
    flat = outward(NAME, "credit.query", "reply", {f"hits[].{name}": value for name, value in hit.items()})
    return {name.partition("/")[2]: value for name, value in flat.items()}


def _texts(asked: dict[str, Any]) -> list[Wrong]:
    """Section 5: all values are strings."""
    return [
        Wrong("format", name)
        for name, value in asked.items()
        if not empty(value) and not isinstance(value, str)
    ]


def _fits(key: bytes, text: str, sign: str) -> bool:
    wanted = base64.b64encode(hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest())
    return hmac.compare_digest(wanted, sign.encode("utf-8"))


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def _near(rtime: str, now: datetime) -> bool:
    return (
        rtime.isascii() and rtime.isdigit() and len(rtime) <= 16 and abs(int(rtime) - _ms(now)) <= WINDOW_MS
    )
