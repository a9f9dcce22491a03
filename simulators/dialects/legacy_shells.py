"""The two outer forms of the old HTTP interface: who calls, how it is asked, how it is answered."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from hub.message import CST
from simulators.desk import Desk, ForeignSide
from simulators.dialects import jsonread
from simulators.dialects.legacy_http import CODES, Desktop, Said, say
from simulators.sheet import moment
from simulators.wire import NO_SUCH_PATH, Reply, Request

IDLE = timedelta(seconds=1800)
WINDOW = timedelta(seconds=600)


def legacy_http(desk: Desk) -> ForeignSide:
    """The shell of the system's variant."""
    return AppkeyMd5(desk) if desk.variant == "appkey-md5" else SessionRcode(desk)


class SessionRcode:
    """Log in, then call with the session id; the answer is url-encoded JSON text."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._desktop = Desktop(desk)
        self._sessions: dict[str, datetime] = {}
        self._serial = 0

    def answer(self, request: Request, now: datetime) -> Reply:
        parts = request.path.strip("/").split("/")
        if request.method != "POST" or parts[0] != "api":
            return NO_SUCH_PATH
        if len(request.body) > self._desktop.limit:
            return self._tell(say("413"))
        form = _form(request.body, self._desk.feels("plus-sign-decoded-as-space"))
        if parts[1:] == ["login"]:
            return self._tell(self._login(form.get("auth", ""), now))
        if len(parts) != 3:
            return NO_SUCH_PATH
        if self._desk.feels("session-expired-405"):
            self._sessions.clear()
        used = self._sessions.get(form.get("sessionid", ""))
        if used is None or now - used > IDLE:
            return self._tell(say("405"))
        self._sessions[form["sessionid"]] = now
        return self._tell(self._desktop.serve(parts[1], parts[2], form.get("data", ""), now))

    def _login(self, auth: str, now: datetime) -> Said:
        try:
            told = jsonread.read(base64.b64decode(auth, validate=True))
            user, password = str(told["username"]), str(told["password"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            user, password = "", ""
        given = self._desk.credentials
        same = hmac.compare_digest(password.encode(), given["password"].encode())
        if not same or user != given["username"]:
            return Said("401", "用户名或口令错误")
        self._serial += 1
        serial = f"{self._desk.id}/{given['password']}/{self._serial}/{now.isoformat()}"
        session = given.get("sessionid") or hashlib.sha256(serial.encode()).hexdigest()[:32].upper()
        self._sessions = {old: at for old, at in self._sessions.items() if now - at <= IDLE}
        self._sessions[session] = now
        return Said("200", "登录成功", 1, {"sessionid": session, "expires": int(IDLE.total_seconds())})

    def _tell(self, said: Said) -> Reply:
        told = {"r_code": said.code, "r_msg": said.text, "count": said.count, "data": _data(self._desk, said)}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return Reply.text(200, "text/plain;charset=UTF-8", quote_plus(text, safe="-._~"))


class AppkeyMd5:
    """One gateway, a signed form of five fields, a plain JSON answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._desktop = Desktop(desk)

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.method != "POST" or request.path != "/gateway.do":
            return NO_SUCH_PATH
        if len(request.body) > self._desktop.limit:
            return self._tell(say("413"))
        form = _form(request.body, self._desk.feels("plus-sign-decoded-as-space"))
        if refused := self._proof(form, now):
            return self._tell(refused)
        parts = form.get("serviceCode", "").split(".")
        if len(parts) != 3 or parts[0] != "ggzy":
            return self._tell(say("406"))
        return self._tell(self._desktop.serve(parts[1], parts[2], form.get("data", ""), now))

    def _proof(self, form: dict[str, str], now: datetime) -> Said | None:
        """appKey, window, signature, in the order of the papers."""
        given = self._desk.credentials
        if form.get("appKey") != given["app_key"]:
            return say("403")
        at = moment("yyyy-MM-dd HH:mm:ss", form.get("requestTime", ""))
        if (
            at is None
            or abs(now - at.replace(tzinfo=CST)) > WINDOW
            or self._desk.feels("session-expired-405")
        ):
            return Said("405", "请求时间超窗")
        empties = self._desk.feels("empty-params-signed")
        wanted = signature(form, given["app_secret"], empties=empties)
        if self._desk.feels("md5-case"):
            wanted = wanted.lower()
        same = hmac.compare_digest(wanted.encode(), form.get("sign", "").encode())
        return None if same else say("401")

    def _tell(self, said: Said) -> Reply:
        error = "" if said.code == "200" else CODES[said.code][0]
        told = {
            "executeResult": "ERROR" if error else "SUCCESS",
            "errorCode": error,
            "errorMessage": said.text if error else "",
            "data": _data(self._desk, said),
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return Reply.text(200, "application/json;charset=UTF-8", text)


def signature(form: dict[str, str], secret: str, *, empties: bool = False) -> str:
    """Upper-case MD5 over the sorted raw values; empty ones stay out (unless a faulty system signs them)."""
    pairs = sorted((name, value) for name, value in form.items() if name != "sign" and (value or empties))
    text = secret + "&".join(f"{name}={value}" for name, value in pairs) + secret
    return hashlib.md5(text.encode("utf-8")).hexdigest().upper()  # noqa: S324 - theirs


def _form(body: bytes, swallow_plus: bool = False) -> dict[str, str]:
    """The form's fields, `+` as space; with the fault an encoded plus is lost too."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        return {}
    found = dict(parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace"))
    return {name: value.replace("+", " ") for name, value in found.items()} if swallow_plus else found


def _data(desk: Desk, said: Said) -> Any:
    if desk.feels("data-json-in-string") and said.data is not None:
        return json.dumps(said.data, ensure_ascii=False, separators=(",", ":"))
    return said.data
