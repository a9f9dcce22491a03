"""One CA's SOF server: the checks in the order of rules 9, then the function, in the profile's own form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from certs.model.certificate import Certificate
from hub.catalogue.gateways import Argument, Function, Gateway, Profile
from simulators.desk import Desk
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.sof import codecs
from simulators.systems.sof.functions import Functions, method_of
from simulators.systems.sof.gate import LARGEST, Gate
from simulators.systems.sof.judging import BAD_CERTIFICATE, BAD_INPUT, OK, Judge, No, certificate_of
from simulators.wire import NO_SUCH_PATH, Reply, Request

NOT_OFFERED, MISSING = 0x0B000002, 0x0B000403
NONSENSE = "OK"
_BUSY = Reply(503, {"Retry-After": "1"})
_JUDGED = frozenset({"verdict", "validity"})


class SofServer:
    """Everything under `/sof`."""

    def __init__(self, desk: Desk, hierarchies: Sequence[Hierarchy]) -> None:
        self._desk, self._papers = desk, Gateway.load()
        self._profile: Profile = self._papers.profiles[desk.id]
        self._gate = Gate(desk.credentials.get("sof_app", ""), desk.credentials.get("sof_key", ""))
        self._functions = Functions(Judge(tuple(hierarchies), self._profile), self._profile)

    def answer(self, request: Request, now: datetime) -> Reply:
        profile = self._profile
        if len(request.body) > LARGEST:
            return Reply(413)
        if request.method != "POST" or not codecs.serves(profile, request.path):
            return NO_SUCH_PATH
        refused = self._gate.refuses(request, now)
        if refused is not None:
            return refused
        if self._desk.feels("sof-busy"):
            return _BUSY
        name, code, value = self._served(request, now)
        body = codecs.write(profile, name, code, value)
        kind = codecs.content_type(profile)
        if self._desk.feels("sof-broken"):
            body = body[: len(body) // 2]
        reply = self._gate.proved(request, kind, body, now)
        if self._desk.feels("sof-unsigned"):
            return Reply(200, {name: one for name, one in reply.headers.items() if name != "X-Mac"}, body)
        if self._desk.feels("sof-forged"):
            return Reply(200, {**reply.headers, "X-Mac": "0" * 64}, body)
        return reply

    def _served(self, request: Request, now: datetime) -> tuple[str, int, Any]:
        """Name, code and result as it is written."""
        name = ""
        try:
            name, asked = codecs.read(self._profile, request)
            function = self._function(name)
            name = function.name
            given = codecs.arguments(function, asked)
            if given is None:
                raise No(MISSING)
            values = [_read(one, text) for one, text in zip(function.arguments, given, strict=True)]
            value = getattr(self._functions, method_of(name))(now, *values)
        except codecs.UnreadableError:
            return name, self._failed(BAD_INPUT), None
        except No as no:
            return name, self._failed(no.code), None
        return name, *self._said(function, value)

    def _failed(self, code: int) -> int:
        self._functions.error = code
        return code

    def _function(self, name: str) -> Function:
        found = self._papers.function(name)
        if found is None or found.name in self._profile.lacks:
            raise No(NOT_OFFERED)
        return found

    def _said(self, function: Function, value: Any) -> tuple[int, Any]:
        if self._desk.feels("wrong-code") and function.result in _JUDGED:
            return OK, NONSENSE
        if self._desk.feels("gateway-lying") and function.result in _JUDGED:
            value = 1  # valid, or yes
        said = codecs.told(self._profile, function.result, _plain(value))
        if function.result == "verdict" and not value and self._profile.answer["no"] == "code":
            return self._functions.error, said
        return OK, said


def _read(argument: Argument, text: str) -> Any:
    """An argument by its type; raises No."""
    if argument.kind == "int":
        try:
            return int(text, 0)
        except ValueError:
            raise No(BAD_INPUT) from None
    if argument.kind == "cert":
        plain = "".join(line for line in text.splitlines() if not line.startswith("-----"))
        try:
            return certificate_of(base64.b64decode(plain, validate=True))
        except (binascii.Error, ValueError):
            raise No(BAD_CERTIFICATE) from None
    if argument.kind == "octets":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise No(BAD_INPUT) from None
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Certificate):
        value = value.raw
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
