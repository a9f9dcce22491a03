"""扫码登录、身份、云签名与消息: tickets to be scanned, codes that work once, business told once.

Written from `dialects/scan-oauth/rules.md`; `scan_proof` knows who calls, `systems/scanning` has the tickets
and the user who scans them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import wall
from simulators.desk import Book, Desk, Refusal
from simulators.dialects import jsonread
from simulators.dialects.scan_proof import Gate
from simulators.jsonform import first_wrong
from simulators.nested import Tree, service
from simulators.outbox import owe
from simulators.systems.people import somebody
from simulators.systems.scanning import Ticket, User
from simulators.trading.voice import Saying
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "scan-oauth"
TYPE = "application/json;charset=UTF-8"
TEXTS = {
    "200": "ok",
    "4001": "client_id不存在或未授权",
    "4002": "签名错误",
    "4003": "请求时间超出范围",
    "4004": "随机数重复",
    "4010": "access_token无效或过期",
    "4101": "票据不存在",
    "4102": "票据已过期",
    "4103": "轮询过快",
    "4104": "会话与票据不符",
    "4105": "用户已取消",
    "4201": "授权码已使用",
    "4202": "授权码不存在或过期",
    "4301": "营业执照已吊销或注销",
    "4302": "该人员无此权限",
    "4303": "人员或人脸核验锁定",
    "4401": "业务号重复,返回首次结果",
    "4402": "同一业务号内容不一致",
    "4501": "必填项为空",
    "4502": "字段格式错误",
    "4503": "代码不存在",
    "4504": "请求体不是合法JSON",
    "4505": "报文过大",
    "4506": "接口未开通",
    "5000": "内部错误",
    "5001": "系统繁忙",
}
_KINDS = {"required": "4501", "format": "4502", "code": "4503"}
_SERVICE = {
    "ticket.unknown": "4101",
    "ticket.expired": "4102",
    "ticket.poll-too-fast": "4103",
    "ticket.session": "4104",
    "auth.code-used": "4201",
    "auth.code-expired": "4202",
    "auth.licence-revoked": "4301",
    "auth.role-not-authorised": "4302",
    "face.locked": "4303",
    "sign.expired": "4102",
    "upstream.unavailable": "5001",
}
_MOODS = {
    "poll-too-fast": ("auth.state", "4103"),
    "code-used-twice": ("auth.identity", "4201"),
    "licence-revoked": ("auth.identity", "4301"),
    "role-not-authorised": ("auth.identity", "4302"),
    "busy": ("", "5001"),
    "internal-error": ("", "5000"),
}
_KEPT = {"ca.sign": "signing", "ca.seal": "sealed"}
_TOKEN_LIFE = timedelta(hours=2)


class No(Exception):
    def __init__(self, code: str, data: Tree | None = None) -> None:
        super().__init__(code)
        self.code, self.data = code, data


class ScanOauth:
    """P23, P24, N05, C04 or L02."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own: Mapping[str, Any] = facts["systems"][desk.id]
        self._desk = desk
        self._gate = Gate(desk)
        self._messages = {op: name for name, op in facts["operations"].items()}
        self._allowed = {*own["ask"], *desk.switches.get("granted", ())}
        self._numbers: Mapping[str, str] = facts["business_number"]
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._poll = timedelta(seconds=int(facts["poll_seconds"]))
        self._longest = int(own.get("ticket_seconds", facts["ticket_seconds"][1]))
        self._kept: dict[tuple[str, str], tuple[Tree, Tree]] = {}
        self.user = User(desk.id)
        self.user.told.append(self._call_back)
        self._back = frozenset(own["callback"])
        self._requests: dict[str, str] = {}
        desk.switches["user"] = self.user
        people = desk.switches.get("people")
        if people is not None:  # a licence that is gone is gone in the register as well
            people.withdrawn = self.user.revoked
        own_books: dict[str, Book] = {
            "auth.ticket": self._ticket,
            "auth.state": self._state,
            "auth.identity": self._identity,
            "ca.sign": self._sign,
            "ca.seal": self._seal,
            "real-person.verify": self._face,
            "app.register": self._registered,
            "todo.push": self._shown,
            "progress.push": self._shown,
            "subscribe.push": self._shown,
        }
        self._own = desk.noting(own_books)

    def answer(self, request: Request, now: datetime) -> Reply:
        if len(request.body) > self._limit:
            return _say("4505")
        operation = request.path.removeprefix("/oauth/api/")
        token = request.path == "/oauth/token"
        if request.method != "POST" or not (token or f"/oauth/api/{operation}" == request.path):
            return NO_SUCH_PATH
        message = self._messages.get(operation, "")
        if not token and not message:
            return NO_SUCH_PATH
        if refused := self._gate.refuses(request, now):
            return _say(refused)
        if not token and (self._desk.feels("token-expired") or not self._gate.knows(request, now)):
            return _say("4010")
        asked = jsonread.strict(request.body)
        if asked is None:
            return _say("4504")
        try:
            return self._token(asked, now) if token else _say("200", self._serve(message, asked, now))
        except No as no:
            return _say(no.code, no.data)
        except Refusal as no:
            return _say(_SERVICE.get(no.code, "4502"))

    def _token(self, asked: Tree, now: datetime) -> Reply:
        if asked.get("grant_type") != "client_credentials":
            return _say("4503" if asked.get("grant_type") else "4501")
        return _say("200", {"access_token": self._gate.token(now), "expires_in": 7200})

    def _serve(self, message: str, asked: Tree, now: datetime) -> Tree:
        if message not in self._allowed:
            raise No("4506")
        for mood, (about, code) in _MOODS.items():
            if self._desk.feels(mood) and about in ("", message):
                raise No(code)
        form = service(NAME, message, "request")
        if wrong := first_wrong(form, asked):
            raise No(_KINDS[wrong.kind])
        home, number = form.home(asked), self._numbers[message]
        if number.startswith("*"):
            return self._do(message, home, now)
        key = (message, ";".join(str(home.get(name, "")) for name in number.split(";")))
        if key in self._kept:
            first, said = self._kept[key]
            if first != asked:
                raise No("4402")
            raise No("4401", self._now_of(message, str(home.get("requestNo")), now) or said)
        said = self._do(message, home, now)
        self._kept[key] = (asked, said)
        self._desk.ledger.note(message, key[1], asked, said, now)
        return said

    def _do(self, message: str, asked: Tree, now: datetime) -> Tree:
        book = self._own.get(message) or self._desk.books.get(message)
        if book is None:
            raise No("4506")
        return service(NAME, message, "reply").abroad(book(asked, now))

    # -- tickets ----------------------------------------------------------------------------------

    def _ticket(self, asked: Tree, now: datetime) -> Tree:
        wanted = int(asked.get("ttlSeconds") or 90)
        seconds = min(max(wanted, 60), 120, self._longest)
        made = self._issued(str(asked["appId"]), str(asked["sessionHash"]), seconds, now)
        self._requests[made.ticket] = str(asked["requestNo"])
        return {
            "ticket": made.ticket,
            "qrContent": f"https://scan.example/q?t={made.ticket}",
            "expireTime": wall(made.expires),
            "pollSeconds": int(self._poll.total_seconds()),
        }

    def _state(self, asked: Tree, now: datetime) -> Tree:
        found = self.user.look(str(asked["ticket"]), now)
        if (found.client, found.session) != (asked["appId"], asked["sessionHash"]):
            raise Refusal("ticket.session")
        if found.polled is not None and now - found.polled < self._poll:
            raise Refusal("ticket.poll-too-fast")
        found.polled = now
        if self._desk.feels("ticket-expired"):
            return {"state": "expired", "expireTime": wall(found.expires)}
        told: Tree = {"state": found.state, "code": found.code if found.state == "confirmed" else None}
        if self._desk.feels("scanned-not-confirmed"):
            told = {"state": "scanned"}
        if self._desk.feels("state-no-code"):
            told = {"state": "confirmed"}
        told |= {"scanTime": _at(found.scanned), "confirmTime": _at(found.confirmed)}
        if told["state"] in ("new", "expired") or self._desk.feels("state-no-code"):
            told |= {"scanTime": None, "confirmTime": None}
        return told | {"expireTime": wall(found.expires)}

    def _identity(self, asked: Tree, now: datetime) -> Tree:
        if self._desk.feels("ticket-expired"):
            raise Refusal("ticket.expired")
        who = somebody()
        if who["subject"]["code"] in self.user.revoked:
            raise Refusal("auth.licence-revoked")
        found = self.user.redeem(str(asked["code"]), str(asked["appId"]), str(asked["sessionHash"]), now)
        return {**who, "token": f"tk-{found.ticket}", "expireTime": wall(now + _TOKEN_LIFE)}

    # -- signatures and messages ------------------------------------------------------------------

    def _sign(self, asked: Tree, now: datetime) -> Tree:
        """A ticket first; what the user makes of it comes by callback, or to whoever asks again."""
        expires = datetime.fromisoformat(str(asked["expireTime"]))
        if now >= expires:
            raise Refusal("sign.expired")
        number = str(asked["requestNo"])
        seconds = min(int((expires - now).total_seconds()), self._longest)
        made = self._issued(str(asked["platformId"]), "", seconds, now, number)
        held = (dict(asked), made.ticket, self._desk.moods)
        self._desk.switches.setdefault("signing", {})[number] = held
        return {"state": "created", "ticket": made.ticket}

    def _issued(self, client: str, session: str, seconds: int, now: datetime, about: str = "") -> Ticket:
        """A new ticket; a service at fault hands an old one out again (and it means the old business)."""
        if self._desk.feels("qr-replayed") and self.user.tickets:
            return next(reversed(self.user.tickets.values()))
        return self.user.issue(client, session, seconds, now, about)

    def _now_of(self, message: str, number: str, now: datetime) -> Tree | None:
        """The present state of a signature or a seal, in foreign names."""
        states = {"ca.sign": self.signed, "ca.seal": self.sealed}
        if message not in states or number not in self._desk.switches.get(_KEPT[message], {}):
            return None
        return service(NAME, message, "reply").abroad(states[message](number, now))

    def _face(self, asked: Tree, now: datetime) -> Tree:
        """Whoever is recognised may confirm (`User.face_first`)."""
        told = self._desk.books["real-person.verify"](asked, now)
        if told["pass"] and asked.get("scene") in ("login", "sign"):
            self.user.show_face(now)
        return told

    def _seal(self, asked: Tree, now: datetime) -> Tree:
        """Waits for its holder's word like a signature; a list of seals does not."""
        expires = datetime.fromisoformat(str(asked["expireTime"]))
        if now >= expires:
            raise Refusal("sign.expired")
        told = self._desk.books["ca.seal"](asked, now)
        if told["state"] != "waiting" or "sealing" not in self._desk.switches:
            return told
        number = str(asked["requestNo"])
        seconds = min(int((expires - now).total_seconds()), self._longest)
        made = self._issued(str(asked["holder.code"]), "", seconds, now, number)
        self._desk.switches.setdefault("sealed", {})[number] = (dict(asked), made.ticket)
        return told

    def sealed(self, number: str, now: datetime) -> Tree:
        """The present state of a seal in the standard's names; the document once its holder has agreed."""
        asked, ticket = self._desk.switches["sealed"][number]
        found = self.user.look(ticket, now)
        if found.state == "confirmed":
            return dict(self._desk.switches["sealing"].seal(asked, found.confirmed or now))
        return {"state": {"cancelled": "refused", "expired": "expired"}.get(found.state, "waiting")}

    def signed(self, number: str, now: datetime) -> Tree:
        """The present state of a signature in the standard's names (what a callback tells)."""
        asked, ticket, moods = self._desk.switches["signing"][number]
        found = self.user.look(ticket, now)
        state = {"cancelled": "refused", "new": "created"}.get(found.state, found.state)
        told: Tree = {"state": state, "ticket": ticket}
        signer = self._desk.books.get("ca.sign")
        if state == "confirmed" and signer is not None:
            before, self._desk.moods = self._desk.moods, moods  # a fault met when it was asked for
            try:
                told |= signer(asked, found.confirmed or now)
            finally:
                self._desk.moods = before
        return told

    def _call_back(self, found: Ticket, now: datetime) -> None:
        """What the user did is told to the hub, too, where this system calls back."""
        if found.about in self._desk.switches.get("sealed", {}) and "seal" in self._back:
            told = {**self.sealed(found.about, now), "requestNo": found.about}
            owe(self._desk, Saying("", found.about, "seal", told, service=True))
        elif found.about and "sign" in self._back:
            told = {**self.signed(found.about, now), "requestNo": found.about}
            owe(self._desk, Saying("", found.about, "sign", told, service=True))
        if not found.about and "state" in self._back and found.ticket in self._requests:
            told = {"ticket": found.ticket, "requestNo": self._requests[found.ticket]}
            told |= {"state": found.state, "expireTime": wall(found.expires), "scanTime": _at(found.scanned)}
            told |= {"code": found.code or None, "confirmTime": _at(found.confirmed)}
            owe(self._desk, Saying("", found.ticket, "state", told, service=True))

    def _registered(self, asked: Tree, now: datetime) -> Tree:
        registered = self._desk.switches.setdefault("apps", {})
        if asked.get("withdraw"):
            registered.pop(asked["appCode"], None)
        else:
            registered[asked["appCode"]] = asked["version"]
        number = self._count("apps-told")
        return {**self._taken(now), "appId": f"APP-{number:04d}", "secretRef": f"SR-{number:04d}"}

    def _shown(self, asked: Tree, now: datetime) -> Tree:
        return {**self._taken(now), "shown": True}

    def _taken(self, now: datetime) -> Tree:
        number = self._count("messages")
        return {
            "hubId": f"{self._desk.id}-{number:08d}",
            "receiptState": "accepted",
            "receivedTime": wall(now),
        }

    def _count(self, name: str) -> int:
        counted: int = self._desk.switches.get(name, 0) + 1
        self._desk.switches[name] = counted
        return counted


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else wall(moment)


def _say(code: str, data: Tree | None = None) -> Reply:
    told = {"code": int(code), "msg": TEXTS[code], "data": data}
    return Reply.text(200, TYPE, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


__all__ = ["ScanOauth", "Ticket"]
