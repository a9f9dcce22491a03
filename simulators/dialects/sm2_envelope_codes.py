"""The six-digit codes of the line of banks and CAs, and what makes each be answered."""

from __future__ import annotations

TEXTS = {
    "000000": "交易成功",
    "200001": "流水号重复,返回首次结果",
    "200002": "流水号已被另一笔业务使用",
    "200003": "版本低于现有版本",
    "200004": "要修改或删除的记录不存在",
    "300001": "必填项为空",
    "300002": "字段格式错误",
    "300003": "代码不存在",
    "300004": "原业务、保函或合同备案号未查到",
    "300006": "开标前不提供",
    "400001": "系统繁忙",
    "400002": "报文过大",
    "500001": "颁发机构不在互认名单",
    "500002": "证书或签名编码错误",
    "500003": "无法取得撤销状态",
    "500004": "算法不被允许",
    "500005": "无法确定证书主体代码",
    "500101": "签名请求已过期",
    "500102": "持有人拒绝签名",
    "500103": "确认人不是证书持有人",
    "500104": "票据已使用",
    "500105": "口令锁定",
    "900001": "应用号不存在",
    "900002": "验签失败",
    "900003": "解密失败",
    "900004": "报文非JSON",
    "900005": "交易码不存在",
    "900006": "交易时间超出范围",
    "900007": "未授权",
    "999999": "系统异常",
}
KINDS = {"required": "300001", "format": "300002", "code": "300003"}
MOODS = {"serial-reuse": "200002", "busy": "400001", "not-allowed": "900007", "internal-error": "999999"}
_REFUSALS = {
    "section.sealed": "300006",
    "guarantee.not-found": "300004",
    "claim.guarantee-unknown": "300004",
    "finance.contract-not-filed": "300004",
    "ca.unknown-serial": "300004",
    "ca.issuer-not-recognised": "500001",
    "ca.encoding": "500002",
    "ca.revocation-unknown": "500003",
    "ca.algorithm": "500004",
    "ca.subject-unresolved": "500005",
    "sign.expired": "500101",
    "sign.refused": "500102",
    "sign.wrong-holder": "500103",
    "sign.replayed": "500104",
    "sign.pin-locked": "500105",
}


def refusing(code: str) -> str:
    """The number for what a system has against a question; a member that is wrong where nothing else is."""
    return _REFUSALS.get(code, "300002")
