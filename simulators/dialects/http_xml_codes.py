"""The codes of http-xml, what services refuse, and which fault says what."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS = {
    "0000": "操作成功",
    "1001": "身份校验失败",
    "1002": "请求时间超出范围",
    "1003": "无此操作权限",
    "1004": "功能号不存在",
    "1005": "报文格式错误",
    "1006": "每页条数超过1000",
    "2001": "必填项为空",
    "2002": "字段格式错误",
    "2003": "代码不存在",
    "2010": "重复报送",
    "2020": "同版本内容不一致",
    "2021": "版本过旧",
    "2022": "要修改或删除的记录不存在",
    "2023": "项目或标段不存在",
    "3001": "系统繁忙",
    "3002": "报文过大",
    "4001": "主体不存在",
    "4002": "主体代码校验失败",
    "4003": "信用数据超过时效",
    "4004": "未说明查询或核验事由",
    "5001": "颁发机构不在互认名单",
    "5002": "证书或签名编码错误",
    "5003": "无法取得撤销状态",
    "5004": "算法不被允许",
    "5005": "无法确定证书主体代码",
    "5101": "签名请求已过期",
    "5102": "持有人拒绝签名",
    "5103": "确认人不是证书持有人",
    "5104": "票据已使用",
    "5105": "口令锁定",
    "5201": "不支持的摘要算法",
    "5202": "摘要长度与算法不符",
    "5203": "策略不支持",
    "5204": "时间源失步，暂停签发",
    "6900": "提供方系统暂不可用",
    "9999": "系统异常",
}
REFUSALS: Mapping[str, str] = {
    "credit.body-unknown": "4001",
    "credit.body-code": "4002",
    "credit.stale": "4003",
    "verify.purpose-missing": "4004",
    "ca.issuer-not-recognised": "5001",
    "ca.encoding": "5002",
    "ca.revocation-unknown": "5003",
    "ca.algorithm": "5004",
    "ca.subject-unresolved": "5005",
    "sign.expired": "5101",
    "sign.refused": "5102",
    "sign.wrong-holder": "5103",
    "sign.replayed": "5104",
    "sign.pin-locked": "5105",
    "tsa.algorithm": "5201",
    "tsa.digest-length": "5202",
    "tsa.policy": "5203",
    "tsa.clock": "5204",
    "upstream.unavailable": "6900",
}
_MOODS: Mapping[str, str] = {
    "busy": "3001",
    "internal-error": "9999",
    "parent-unknown": "2023",
    "not-allowed": "1003",
    "func-unknown": "1004",
    "page-size-over-1000": "1006",
    "clock-skew": "1002",
    "sign-mismatch": "1001",
}


def forced(moods: frozenset[str]) -> str:
    """The code that a fault in force makes of any call; empty for none."""
    return next((code for mood, code in _MOODS.items() if mood in moods), "")
