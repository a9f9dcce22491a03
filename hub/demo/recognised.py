"""One answer for every CA: logins by token and by telephone, a revocation in use, a gateway that lies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.client import HubClient, Sent
from hub.demo.holders import Holders, b64
from hub.demo.logins import PATIENCE, Logins
from hub.demo.steering import Steering
from hub.demo.steps import Steps

TOKENS = (("C01", "builder"), ("C02", "agency"), ("C03", "supplier"), ("C04", "builder"), ("C05", "supplier"))
SCANNED, SAME = ("C04", "builder"), ("C01", "builder")  # one company: by telephone, and by token
IN_USE = ("C01", "supplier")
GONE = ("C01", "revoked")
# Of the result object: how it was shown, and what was found on the way.
EVIDENCE = frozenset(
    ("medium", "kind", "kindZh", "certificate", "chain", "ca", "subject", "checks", "facts", "forgiven",
     "gateway", "time")
)  # fmt: skip
STATES = {
    "created": "出码", "scanned": "已扫", "confirmed": "已确认", "refused": "已拒绝", "expired": "已过期",
    "used": "已使用",
}  # fmt: skip
STANDING = {"good": "有效", "revoked": "已吊销", "frozen": "已冻结"}
SOF: Mapping[Any, str] = {1: "有效", -3: "已吊销", -4: "已冻结"}
MEDIA = {"token": "有介质", "tokenless": "无介质"}


@dataclass(frozen=True, slots=True)
class Recognised:
    """`client` is the trading system at whose page all this happens."""

    holders: Holders
    client: HubClient
    centre: HubClient
    sims: Steering
    steps: Steps

    def show(self) -> None:
        self._rule()
        told = self._by_token()
        self._by_telephone(told.get(SAME))
        self._revoked_in_use()
        self._gateway_lies()

    @property
    def _logins(self) -> Logins:
        return Logins(self.client, self.sims)

    def _rule(self) -> None:
        """In force when an answer says that it was judged by it."""
        number = self.holders.ask_always()
        self.centre.ask("POST", "/v1/admin/reload", {})
        until, by = time.monotonic() + PATIENCE, None
        own = {"certificate": b64(self.holders.holder(*SAME).signing.certificate)}
        while by != number and time.monotonic() < until:
            by = self.client.ask("POST", "/v1/ca/recognise", own).document.get("policy")
        name = "签发认定策略:平台自己判,每次也问发证机构的网关"
        self.steps.step("centre", name, by == number, f"现行策略第 {by} 号")

    def _by_token(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """The hub's challenge, signed by a token of each CA; the result objects of those that held."""
        found = {}
        for row in TOKENS:
            sent = self._logins.by_token(self.holders.holder(*row))
            result = sent.document.get("result") or {}
            ok = sent.ok and result.get("result") == "valid" and (result.get("ca") or {}).get("id") == row[0]
            self.steps.step(row[0], "用证书登录(对平台给的随机数签名)", ok, _line(sent))
            if ok:
                found[row] = result
        return found

    def _by_telephone(self, token: Mapping[str, Any] | None) -> None:
        """The same company without a token: the same answer, member by member, but for how it was shown."""
        sent, states = self._logins.by_code(SCANNED[0], self.holders.holder(*SCANNED))
        told = sent.document.get("result") or {}
        ok = sent.ok and told.get("result") == "valid" and sent.document.get("medium") == "tokenless"
        self.steps.step(
            SCANNED[0],
            "扫码登录(手机扫码并确认)",
            ok,
            f"{' → '.join(STATES.get(one, one) for one in states)};{_line(sent)}",
        )
        self.steps.step("hub", "同一单位,有介质与无介质:同一结果", *_alike(token or {}, told))

    def _revoked_in_use(self) -> None:
        """It has just logged in; its CA revokes it; the next login is refused, and says why."""
        ca, who = IN_USE[0], self.holders.holder(*IN_USE)
        good = self._logins.by_token(who)
        self.steps.step(ca, "另一家单位登录", good.ok, _line(good))
        state = self.sims.certificate(ca, "revoke", who.serials[0])
        self.steps.step(ca, "发证机构随即吊销这张证书", state == "revoked", STANDING.get(state, state))
        sent = self._logins.by_token(who)
        ok = not sent.ok and sent.code == "login.refused" and "revoked" in _reasons(sent)
        self.steps.step(ca, "再登录即被拒绝", ok, _why(sent))

    def _gateway_lies(self) -> None:
        """A CA's gateway that says yes to everything is no reason to believe; it is named."""
        ca, holder = GONE
        self.sims.fault(ca, "gateway-lying", times=None, match={"path": "/sof"})
        try:
            sent = self._logins.by_token(self.holders.holder(ca, holder))
        finally:
            self.sims.lift(ca)
        said = (sent.document.get("result") or {}).get("gateway") or {}
        lied = said.get("system") == ca and said.get("sofCode") == 1 and said.get("agrees") is False
        ok = not sent.ok and sent.code == "login.refused" and lied and "revoked" in _reasons(sent)
        about = f"{said.get('system')} 的网关答 {_sof(said)},平台判 {_sof(said.get('hub'))};{_why(sent)}"
        self.steps.step(ca, "网关说谎(作废的也答有效):仍被拒绝,记下是谁所答", ok, about)


def _line(sent: Sent) -> str:
    result = sent.document.get("result") or {}
    if not sent.ok:
        return _why(sent)
    ca, gateway = (result.get("ca") or {}).get("zh", ""), (result.get("gateway") or {}).get("agrees")
    heard = "" if gateway is None else ",其网关所答一致" if gateway else ",其网关所答不一致"
    passed = sum(one["outcome"] == "passed" for one in result["checks"])
    medium = MEDIA.get(str(sent.document.get("medium")), "?")
    return f"有效({ca},{medium};{passed} 项检查通过{heard})"


def _why(sent: Sent) -> str:
    """The code, and the reasons in plain words."""
    result = sent.document.get("result") or {}
    told = [str(one["zh"]).partition(" [")[0] for one in result.get("reasons", ())]
    told = told or [str(sent.document.get("detail", ""))]
    return f"{sent.status} {sent.code} {'、'.join(dict.fromkeys(told))}"


def _alike(token: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[bool, str]:
    """Are they the same but for how it was shown, and what rests on that?"""
    differ = {name for name in {*token, *told} if token.get(name) != told.get(name)}
    same = {*token} == {*told} and differ <= EVIDENCE and "medium" in differ
    same = same and all(_holder(told)) and _holder(told) == _holder(token)
    media = "/".join(MEDIA.get(str(one.get("medium")), "?") for one in (token, told))
    if same:
        return True, f"{len(told)} 项一一对应,结论与单位代码相同;不同的只是介质({media})与所依的证书、证据"
    return False, f"不该不同:{'、'.join(sorted(differ - EVIDENCE)) or _holder(told)}"


def _sof(said: Mapping[str, Any] | None) -> str:
    code = (said or {}).get("sofCode")
    return f"{code}({SOF.get(code, '?')})"


def _reasons(sent: Sent) -> set[str]:
    return {one["code"] for one in (sent.document.get("result") or {}).get("reasons", ())}


def _holder(result: Mapping[str, Any]) -> Any:
    bound = (result.get("subject") or {}).get("bound") or {}
    return bound.get("kind"), bound.get("code")
