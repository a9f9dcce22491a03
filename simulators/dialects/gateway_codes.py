"""The three levels of gateway-gm in words, and which fault speaks at which."""

from __future__ import annotations

from collections.abc import Mapping

GATEWAY = {
    "40101": "paasid不存在",
    "40102": "网关签名错误",
    "40103": "时间戳超出范围",
    "40104": "随机数已使用",
    "40305": "来源地址缺失或不在白名单",
    "40400": "服务不存在",
    "42900": "超过流量限制",
    "50200": "后端应用不可达",
}
PROTOCOL = {
    "1001": "签名验证失败",
    "1002": "解密失败",
    "1003": "应用不存在或未上线",
    "1004": "版本或算法不支持",
    "1005": "报文不是合法JSON",
    "1006": "报文过大",
    "1007": "报文时间超出范围",
    "1999": "协议层异常",
}
BUSINESS = {
    "0000": "成功",
    "0001": "数据已接收",
    "0002": "已受理,请凭票据取件",
    "2001": "必填项为空",
    "2002": "格式不正确",
    "2003": "字典值不存在",
    "2010": "同版本内容不一致",
    "2011": "版本过旧",
    "2012": "要修改或删除的数据不存在",
    "2013": "采购项目不存在",
    "3001": "系统繁忙",
    "4001": "纳税人不存在",
    "4002": "期间无效",
    "4003": "缺少纳税人授权",
    "4004": "未说明查询事由",
    "4005": "记录数与清单不符",
    "4006": "批次摘要不符",
    "9001": "业务系统异常",
}
REFUSALS: Mapping[str, str] = {
    "tax.payer-unknown": "4001",
    "tax.period": "4002",
    "tax.consent-missing": "4003",
    "verify.purpose-missing": "4004",
    "data.count-differs": "4005",
    "data.digest": "4006",
}
OTHERWISE = "9001"  # a refusal that the papers have no number for
_MOODS: Mapping[str, str] = {
    "skew": "40103",
    "nonce-reuse": "40104",
    "x-forwarded-for-needed": "40305",
    "throttled": "42900",
    "backend-unreachable": "50200",
    "protocol-internal-error": "1999",
    "three-level-status": "9001",
    "internal-error": "9001",
    "busy": "3001",
    "parent-unknown": "2013",
}


def forced(moods: frozenset[str], level: Mapping[str, str]) -> str:
    """The code that a fault in force gives at this level; empty for none."""
    return next((code for mood, code in _MOODS.items() if mood in moods and code in level), "")
