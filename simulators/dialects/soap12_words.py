"""Codes and sentences of soap12-x509: business code -> who is at fault, WS subcode, sentence."""

from __future__ import annotations

TEXTS = {
    "S000": "成功",
    "S010": "重复报送,返回首次回执",
    "S101": "安全头缺失或签名未覆盖Body与Timestamp",
    "S102": "签名无效或证书未登记",
    "S103": "证书已吊销",
    "S104": "时间戳超出范围",
    "S105": "无此操作权限",
    "S200": "报文不合规范",
    "S201": "Action不符",
    "S202": "寻址头缺失",
    "S301": "必填项缺失",
    "S302": "格式错误",
    "S303": "代码不存在",
    "S310": "项目或宗地不存在",
    "S320": "同键内容不一致",
    "S321": "版本过旧",
    "S322": "要修改或删除的记录不存在",
    "S330": "报价序号不连续",
    "S501": "颁发机构不在互认名单",
    "S502": "证书或签名编码错误",
    "S503": "无法取得撤销状态",
    "S504": "算法不被允许",
    "S505": "无法确定证书主体代码",
    "S511": "颁发机构无此证书",
    "S512": "状态应答已过期",
    "S513": "状态应答签名无效",
    "S590": "提供方系统暂不可用",
    "S700": "系统繁忙",
    "S701": "报文过大",
    "S900": "内部错误",
}
SUBCODES = {
    "S101": "wsse:InvalidSecurity",
    "S102": "wsse:FailedCheck",
    "S103": "wsse:FailedAuthentication",
    "S104": "wsu:MessageExpired",
    "S201": "wsa:ActionMismatch",
    "S202": "wsa:MessageAddressingHeaderRequired",
}
RECEIVER = frozenset({"S590", "S700", "S900"})
SERVICE = {
    "ca.issuer-not-recognised": "S501",
    "ca.encoding": "S502",
    "ca.revocation-unknown": "S503",
    "ca.algorithm": "S504",
    "ca.subject-unresolved": "S505",
    "ca.unknown-serial": "S511",
    "ca.response-stale": "S512",
    "ca.response-signature": "S513",
    "upstream.unavailable": "S590",
}
