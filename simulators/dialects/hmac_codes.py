"""The codes of hmac-open, who may use which resource, and which fault says what."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS = {
    "0": "成功",
    "1001": "客户端标识不存在",
    "1002": "签名不正确",
    "1003": "时间戳超出范围",
    "1004": "缺少Accept头",
    "1005": "随机数已使用",
    "1006": "未授权该资源",
    "1007": "Content-MD5不一致",
    "2001": "必填项为空",
    "2002": "格式不正确",
    "2003": "代码不存在",
    "2004": "时间缺少时区",
    "2005": "请求体不是合法JSON",
    "2010": "重复请求",
    "2011": "同版本内容不一致",
    "2012": "版本过旧",
    "2013": "要修改或删除的记录不存在",
    "2014": "上级记录不存在",
    "2107": "计划与分包已有记录",
    "3001": "系统繁忙",
    "3002": "数据过大",
    "4001": "未查到采购计划",
    "4002": "条件对应多个计划",
    "4003": "计划已撤销",
    "4004": "不在本辖区",
    "4101": "该时段无录像",
    "4102": "无调阅权限",
    "4103": "场地编号不存在",
    "4104": "并发路数已满",
    "4201": "颁发机构不在互认名单",
    "4202": "证书或签名编码错误",
    "4203": "无法取得撤销状态",
    "4204": "算法不被允许",
    "4205": "无法确定证书主体代码",
    "4206": "颁发机构无此证书",
    "4207": "状态应答已过期",
    "4211": "列表签名无效",
    "4212": "版本低于现行版本",
    "4213": "缺少上一版本",
    "4214": "列表已过期",
    "4215": "同一证书绑定到不同主体",
    "4301": "提供方系统暂不可用",
    "4999": "其他服务错误",
    "9999": "系统异常",
}
REFUSALS: Mapping[str, str] = {
    "project.not-found": "4001",
    "project.code-ambiguous": "4002",
    "project.filing-revoked": "4003",
    "project.region-mismatch": "4004",
    "video.not-recorded": "4101",
    "video.not-authorised": "4102",
    "video.place-unknown": "4103",
    "video.quota": "4104",
    "ca.issuer-not-recognised": "4201",
    "ca.encoding": "4202",
    "ca.revocation-unknown": "4203",
    "ca.algorithm": "4204",
    "ca.subject-unresolved": "4205",
    "ca.unknown-serial": "4206",
    "ca.response-stale": "4207",
    "sync.signature": "4211",
    "sync.rollback": "4212",
    "sync.gap": "4213",
    "sync.expired": "4214",
    "sync.subject-clash": "4215",
    "upstream.unavailable": "4301",
}
# stages and services that the papers give to each system as a receiver; anything else is 1006
GRANTED: Mapping[str, frozenset[str]] = {
    "P11": frozenset({"witness-record", "witness.video"}),
    "L03": frozenset({"witness-record", "supervise-alert", "supervise.event", "witness.video"}),
    "D02": frozenset(
        {
            "gp-project",
            "gp-deal-notice",
            "gp-contract",
            "eng-expert-draw",
            "supervise-complaint",
            "project.query",
        }
    ),
    "C05": frozenset({"ca.verify", "ca.status", "ca.sync"}),
}
# services that are told once: the members that make their number (C05's lists judge for themselves)
TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "ca.sync": ("syncKind", "listVersion"),
    "supervise.event": ("eventId",),
}
_REASONS = {"header-order": "header-order", "newline-mix": "newline", "sign-over-urlencoded": "url-encoded"}
_MOODS: Mapping[str, str] = {
    "busy": "3001",
    "parent-unknown": "2014",
    "internal-error": "9999",
    "clock-skew": "1003",
    "nonce-reuse": "1005",
    "sign-mismatch": "1002",
    "client-unknown": "1001",
    "body-digest": "1007",
    "service-not-granted": "1006",
}
_X_CA_ONLY: Mapping[str, str] = {"accept-missing": "1004"}


def forced(moods: frozenset[str], *, x_ca: bool) -> tuple[str, str]:
    """The code that a fault in force makes of any call, and how such a receiver built its signed text."""
    for mood, reason in _REASONS.items():
        if mood in moods and x_ca:
            return "1002", reason
    codes = {**_MOODS, **(_X_CA_ONLY if x_ca else {})}
    return next((code for mood, code in codes.items() if mood in moods), ""), ""
