"""The refusals of this room: what is wrong, what was expected, what to do now."""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import SenderError
from hub.message import Finding

CLAUSE = "EX-ERR-01"
REQUEST = "auth.request"
_AGAIN = "重新发起,取得新的挑战或二维码"
# code: status, what, expected, advice
WORDS: Mapping[str, tuple[int, str, str, str]] = {
    "challenge.unknown": (404, "没有这个挑战,或它不属于您", "本会话取得、尚未过期的 challengeId", _AGAIN),
    "challenge.expired": (410, "挑战已过期", "在 expireTime 之前完成签名", _AGAIN),
    "challenge.used": (409, "挑战已用过", "每个挑战只用一次", _AGAIN),
    "ticket.unknown": (404, "没有这个票据,或它不属于您", "本平台取得、尚未过期的票据", _AGAIN),
    "ticket.expired": (410, "票据已过期", "在 expireTime 之前扫码并确认", _AGAIN),
    "ticket.used": (409, "票据已用过", "每个票据只用一次", _AGAIN),
    "ticket.other-session": (403, "票据属于另一会话", "出示二维码的同一会话", "在出示二维码的页面上办理"),
    "ticket.digest": (422, "摘要与发起时不一致", "发起时绑定的摘要", "内容有改动时重新发起,由持有人重新确认"),
    "ticket.state": (409, "票据当前状态不允许此操作", "按状态表的下一步", "先查询票据状态,再按状态办理"),
    "ticket.refused": (409, "持有人未同意", "持有人在手机上确认", "由持有人确认后重新发起"),
    "login.refused": (422, "认证未通过", "结论为 valid", "按 result 中的原因处理后重新发起"),
    "login.indeterminate": (422, "认证无法确定", "结论为 valid", "补齐吊销数据或稍后重新发起"),
    "login.nobody": (
        422,
        "证书未载明可核验的主体,不知是谁",
        "载有统一社会信用代码或身份代码的证书",
        "换用载明主体的证书;中心可在策略 unnamed 中放行",
    ),
    "licence.revoked": (422, "营业执照已吊销或注销", "存续的营业执照", "由主体到登记机关处理"),
    "role.not-authorised": (422, "操作人无该主体授权", "经主体授权的操作人", "由主体授权后重新发起"),
    "face.needed": (409, "须先通过实人核验", "先提交实人核验", "通过后再确认、再使用票据"),
    "face.refused": (422, "实人核验未通过", "本人活体,人证一致", "由持有人本人重试;三次不过须重新发起"),
    "provider.replayed": (
        502,
        "提供方给出了用过的二维码",
        "每次给出新的票据",
        "重新发起;仍如此请换用其他方式",
    ),
    "provider.away": (502, "提供方系统暂不可用", "提供方应答", "稍后重新发起,或换用其他方式"),
    "session.unknown": (404, "没有这个会话,或它已结束", "登录取得、尚未结束的会话令牌", "重新登录"),
}


def refusal(code: str, at: str = "", observed: str = "") -> SenderError:
    """The refusal in the words of the table, to be raised."""
    status, what, expected, advice = WORDS[code]
    finding = Finding(code, at, expected, observed, advice, CLAUSE)
    return SenderError(f"{what}。{advice}", code=code, status=status, findings=(finding,))


def request_refusal(at: str, expected: str, observed: str, advice: str) -> SenderError:
    """A request that cannot be one, at this place."""
    finding = Finding(REQUEST, at, expected, observed, advice, CLAUSE)
    return SenderError("请求不成立 / not a request", code=REQUEST, findings=(finding,))
