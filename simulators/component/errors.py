"""What the component answers when it will not: a number, words in Chinese and in English.

Numbers 0x0A… are those of the token interface (GM/T 0016), 0x0B… those of the function set, as
the papers have them (`hub/catalogue/data/gateways/sof/codes.csv`).
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    code: int
    zh: str
    en: str


FAULTS = {
    "unplugged": Fault(0x0A000023, "没有找到介质,请插入后重试", "the token is not plugged in"),
    "pin": Fault(0x0A000024, "口令不正确", "wrong PIN"),
    "locked": Fault(
        0x0A000025, "介质已锁定,请到发证机构解锁", "the token is locked, its issuer can unlock it"
    ),
    "pin-length": Fault(0x0A000027, "新口令应为 6 至 16 位", "a new PIN has 6 to 16 characters"),
    "login": Fault(0x0A00002D, "请先输入口令登录介质", "log in with the PIN first"),
    "unknown": Fault(0x0B000001, "异常错误", "unknown error"),
    "unsupported": Fault(0x0B000002, "本组件没有这个函数", "no such function here"),
    "policy": Fault(0x0B000007, "算法类型错误:与证书密钥不符,或不准使用", "the method does not fit the key"),
    "argument": Fault(0x0B000201, "参数个数或写法不对", "an argument is missing or malformed"),
    "key": Fault(0x0B000309, "该证书没有可用于此操作的密钥", "no key for this"),
    "certificate": Fault(0x0B000310, "没有这张证书或这枚印章", "no such certificate or seal"),
    "encoding": Fault(0x0B000405, "证书编码格式错误", "the certificate cannot be read"),
    "verify": Fault(0x0B000410, "签名验证不通过", "the signature does not hold"),
    "decrypt": Fault(0x0B000416, "解密失败", "decryption failed"),
    "message": Fault(
        0x0B000417, "不是可读的签名消息或数字信封", "not a readable signed or enveloped message"
    ),
    "xml": Fault(0x0B000418, "不是合法的 XML,或不能签", "not XML that can be signed or read"),
    "number": Fault(0x0B000419, "不支持的参数", "argument not supported"),
}


class SofError(Exception):
    """A function that fails; `more` is told in both languages (how many tries are left)."""

    def __init__(self, name: str, more: tuple[str, str] = ("", "")) -> None:
        super().__init__(name)
        self.fault = FAULTS[name]
        self.more = more

    @property
    def message(self) -> str:
        zh, en = self.more
        return f"{self.fault.zh}{zh} / {self.fault.en}{en}"
