"""The codes of token-sm4 with their sentences: two of them mean several things, told apart by the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEXTS = {
    "200": "操作成功",
    "20010": "数据已推送",
    "10010": "数据不存在",
    "10011": "项目或标段不存在",
    "10012": "同版本数据内容不一致",
    "10013": "数据版本过旧",
    "10014": "数据异常",
    "10015": "前序数据尚未推送",
    "10016": "未查到项目",
    "10017": "条件对应多个项目",
    "10018": "审批备案已撤销",
    "10019": "项目不在本辖区",
    "10020": "必填项为空",
    "10030": "主体不存在",
    "10031": "主体代码校验失败",
    "10032": "场地该时段已被占用",
    "10033": "时段内无可用场地",
    "10034": "席位不足",
    "10035": "时间段无效",
    "10036": "无该区划交易中心",
    "10037": "受理号或申请不存在",
    "10038": "该申请已有不同结论",
    "10040": "长度或格式不正确",
    "10050": "token不存在",
    "10051": "token已使用",
    "10052": "token已过期",
    "10060": "平台未授权",
    "10080": "参数错误",
    "10090": "文件类型不允许",
    "10091": "文件SM3不一致",
    "10092": "数据与文件解析结果不一致",
    "10093": "文件过大",
    "500": "服务器异常",
    "50011": "系统内部错误",
    "50012": "系统繁忙",
    "50013": "提供方系统暂不可用",
}
_BY_FIELD: Mapping[tuple[str, str], str] = {
    ("10014", "bidSectionCode"): "标段信息不唯一",
    ("10014", "bidOpenTime"): "已过开标时间",
    ("10080", "regCode"): "行政区域代码不正确",
    ("10080", "tradeRegCode"): "行政区域代码不正确",
}

# what a service's book refuses -> code, and the field where the papers' samples name one
REFUSALS: Mapping[str, tuple[str, str]] = {
    "project.not-found": ("10016", ""),
    "project.code-ambiguous": ("10017", ""),
    "project.filing-revoked": ("10018", ""),
    "project.region-mismatch": ("10019", ""),
    "credit.body-unknown": ("10030", ""),
    "credit.body-code": ("10031", ""),
    "venue.taken": ("10032", "venueCode"),
    "venue.none-free": ("10033", ""),
    "seat.not-enough": ("10034", ""),
    "venue.period": ("10035", ""),
    "venue.region-unknown": ("10036", ""),
    "entry.unknown-apply": ("10037", ""),
    "entry.already-decided": ("10038", ""),
    "upstream.unavailable": ("50013", ""),
}
OTHERWISE = ("10080", "")  # a refusal that the papers have no number for


@dataclass(frozen=True, slots=True)
class Code:
    """A code as told: what it means may depend on the field."""

    code: str
    field: str = ""

    @property
    def text(self) -> str:
        known = _BY_FIELD.get((self.code, self.field))
        if known is None and self.code == "10080" and self.field:
            known = "代码值不存在"
        sentence = known or TEXTS[self.code]
        if self.code == "10032":
            return sentence
        return f"{sentence}:{self.field}" if self.field else sentence


_MOODS: Mapping[str, Code] = {
    "busy": Code("50012"),
    "internal-error": Code("50011"),
    "internal-error-500": Code("500"),
    "parent-unknown": Code("10011"),
    "token-reused": Code("10051"),
    "token-expired": Code("10052"),
    "key-and-platform-swapped": Code("10060"),
    "sm3-mismatch": Code("10091"),
    "wrong-file-type": Code("10090"),
    "section-not-unique": Code("10014", "bidSectionCode"),
    "after-opening-time": Code("10014", "bidOpenTime"),
    "code-10014-alone": Code("10014"),
    "metadata-differs-from-file": Code("10092", "docName"),
    "region-code-01-suffix": Code("10080", "regCode"),
}


def of_mood(moods: frozenset[str]) -> Code | None:
    """The code that a fault in force makes of any business call."""
    return next((code for mood, code in _MOODS.items() if mood in moods), None)
