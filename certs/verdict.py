"""What a check says: a verdict with reasons, each reason a row of one table.

Three states, not two: what could not be established (no revocation data, a bound reached, a fault of our
own) is `indeterminate`, and that is never valid. The SOF code is the one of ValidateCert in the
certificate-application interfaces (GB/T 43694): 1 valid, -1 not trusted, -2 outside validity, -3 revoked,
-4 frozen, -5 not yet valid, -6 other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

INVALID, INDETERMINATE = "invalid", "indeterminate"

# code: state, SOF code, Chinese, English
REASONS: dict[str, tuple[str, int, str, str]] = {
    "malformed": (INVALID, -6, "编码无法解析", "the encoding cannot be read"),
    "encoding": (INVALID, -6, "编码不规范", "an encoding against the rules"),
    "internal": (INDETERMINATE, -6, "校验程序自身出错,未作结论", "our own fault, nothing was decided"),
    "limit": (INDETERMINATE, -6, "校验工作量超过上限", "the work to be done exceeds its bound"),
    "argument": (INDETERMINATE, -6, "调用参数有误", "the question itself is wrong"),
    "no-path": (INVALID, -1, "找不到通向信任锚的证书链", "no path to a trust anchor"),
    "not-yet-valid": (INVALID, -5, "证书尚未生效", "the certificate is not yet valid"),
    "expired": (INVALID, -2, "证书已过期", "the certificate has expired"),
    "signature": (INVALID, -1, "签名不成立", "the signature does not hold"),
    "algorithm-unknown": (INVALID, -6, "签名算法不受支持", "the signature algorithm is not supported"),
    "algorithm-weak": (INVALID, -6, "签名算法或密钥强度不足", "the algorithm or key is too weak"),
    "algorithm-differs": (INVALID, -6, "证书内外两处签名算法不一致", "inner and outer algorithm differ"),
    "key": (INVALID, -6, "公钥无法使用", "the public key cannot be used"),
    "version": (INVALID, -6, "证书版本不能用作中间 CA", "this version cannot be a CA"),
    "not-a-ca": (INVALID, -1, "签发者不是 CA 证书", "the issuer is no CA certificate"),
    "path-length": (INVALID, -1, "证书链超过路径长度约束", "the path length constraint is exceeded"),
    "depth": (INVALID, -1, "证书链超过允许的层数", "more intermediates than asked for"),
    "ca-key-usage": (INVALID, -1, "CA 证书的密钥用途不含签发证书", "the CA's key usage lacks keyCertSign"),
    "key-usage": (INVALID, -6, "密钥用途不符", "the key usage does not cover the purpose"),
    "extended-key-usage": (INVALID, -6, "扩展密钥用途不符", "the extended key usage does not fit"),
    "critical-extension": (INVALID, -6, "含无法识别的关键扩展", "an unknown critical extension"),
    "extension": (INVALID, -6, "扩展项编码有误", "an extension cannot be read"),
    "profile": (INVALID, -6, "不符合严格格式要求", "against the strict profile"),
    "name-constraints": (INVALID, -1, "名称超出上级 CA 的名称约束", "a name outside the name constraints"),
    "too-many-names": (INVALID, -6, "名称与名称约束数量过多", "too many names and constraints"),
    "policy": (INVALID, -1, "证书策略不满足要求", "no acceptable certificate policy"),
    "policy-mapping": (INVALID, -1, "策略映射含任意策略", "anyPolicy is mapped"),
    "peer": (INVALID, -6, "证书名称与对方名称不符", "the certificate does not name the peer"),
    "revoked": (INVALID, -3, "证书已吊销", "the certificate is revoked"),
    "frozen": (INVALID, -4, "证书已冻结", "the certificate is on hold"),
    "revocation-unknown": (INDETERMINATE, -6, "无法确定证书是否吊销", "revocation cannot be determined"),
    "ocsp-status": (INDETERMINATE, -6, "OCSP 服务未给出结果", "the OCSP responder gave no answer"),
    "ocsp-responder": (INVALID, -6, "OCSP 响应者无权应答", "the OCSP responder is not authorised"),
    "ocsp-other": (INDETERMINATE, -6, "OCSP 响应与此证书无关", "the OCSP answer is about other certificates"),
    "ocsp-time": (INDETERMINATE, -6, "OCSP 响应不在有效时间内", "the OCSP answer is not current"),
    "ocsp-nonce": (INVALID, -6, "OCSP 响应的随机数不符", "the OCSP nonce differs"),
    "ocsp-unknown": (INDETERMINATE, -6, "OCSP 服务不认识此证书", "the responder does not know it"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: a code of `REASONS`, about what, and the evidence."""

    code: str
    at: str = ""
    detail: str = ""

    @property
    def zh(self) -> str:
        return _sentence(REASONS[self.code][2], self.at, self.detail)

    @property
    def en(self) -> str:
        return _sentence(REASONS[self.code][3], self.at, self.detail)

    def __str__(self) -> str:
        return _sentence(self.code, self.at, self.detail)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` is true only when everything asked for was established."""

    ok: bool
    reasons: list[Reason] = field(default_factory=list)
    forgiven: list[Reason] = field(default_factory=list)
    chain: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def state(self) -> str:
        """`valid`, `invalid`, or `indeterminate`: the last only if nothing is plainly wrong."""
        if self.ok:
            return "valid"
        states = {REASONS[reason.code][0] for reason in self.reasons}
        return INDETERMINATE if states == {INDETERMINATE} else INVALID

    @property
    def sof_code(self) -> int:
        """The answer of SOF_ValidateCert; what is said first counts, but revoked and frozen go before it."""
        if self.ok:
            return 1
        codes = [REASONS[reason.code][1] for reason in self.reasons]
        return next((code for code in (-3, -4) if code in codes), codes[0] if codes else -6)


def refused(code: str, at: str = "", detail: str = "") -> Verdict:
    return Verdict(False, [Reason(code, at, detail)])


def _sentence(what: str, at: str, detail: str) -> str:
    return what + (f" [{at}]" if at else "") + (f": {detail}" if detail else "")
