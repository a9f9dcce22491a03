"""A key on a signing server (签名验签服务器) of somebody else, over HTTPS.

The server is believed in nothing: each signature is checked under the certificate of our own settings. The
protocol is a table (`certs/data/sign_server.toml`). A question is repeated only where that is safe, which
holds for signing and decrypting when no answer came; an answer, also a refusal, is final.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.fetch import Connection, FetchError, Peer
from certs.keys.certificates import algorithm_of, checked, read_chain
from certs.keys.port import OAEP_SHA256, PKCS1, SM2, KeyFailureError
from certs.keys.sessions import SESSIONS, Pool
from certs.keys.spec import KeySpec, KeySpecError, read_secret

_TRIES, _PAUSE, _TIMEOUT, _LARGEST = 3, 0.1, 10, 32 << 20
_OPENS = {"sm2-sm3": (SM2,), "rsa-sha256": (PKCS1, OAEP_SHA256)}
_KINDS = {
    "unreachable": "连不上签名服务器:请检查地址、网络与防火墙",
    "slow": "签名服务器在时限内没有答完:请检查其负载,或增大 timeout",
    "large": "签名服务器的应答过大,未予采用",
    "tls": "与签名服务器的 TLS 握手失败:请检查其证书与 ca= 指向的信任证书",
    "status": "签名服务器返回 HTTP 状态",
}


class ServerKey:
    """One key of one server; safe for threads."""

    def __init__(
        self, peer: Peer, profile: Mapping[str, Any], key: str, secret: str, certificate: tuple[bytes, ...]
    ) -> None:
        self.certificate, self.chain = certificate[0], certificate[1:]
        self.algorithm = algorithm_of(self.certificate)
        self._profile, self._key, self._secret = profile, key, secret
        self._pool = Pool(lambda: Connection(peer), lambda one: one.close(), SESSIONS)

    def __repr__(self) -> str:
        return f"ServerKey({self._key!r}, {self.algorithm})"

    def sign(self, message: bytes) -> bytes:
        """As in `certs.keys.port`; the whole message goes to the server, which puts Z before it."""
        if len(message) > _LARGEST:
            raise KeyFailureError("待签数据过大,签名服务器一次至多 32 MiB")
        made = self._asked("sign", message, self.algorithm)
        if self._profile["signature"]["form"] == "raw" and self.algorithm != "rsa-sha256":
            half = len(made) // 2
            made = encode_dss_signature(
                int.from_bytes(made[:half], "big"), int.from_bytes(made[half:], "big")
            )
        return checked(message, made, self.certificate, self.algorithm, "签名服务器")

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        if scheme not in _OPENS.get(self.algorithm, ()):
            raise KeyFailureError(f"签名服务器上的 {self.algorithm} 密钥不能按 {scheme} 解密")
        return self._asked("decrypt", ciphertext, scheme)

    def close(self) -> None:
        self._pool.close()

    def _asked(self, what: str, data: bytes, method: str) -> bytes:
        names = self._profile["request"]
        body = json.dumps({
            names["key"]: self._key,
            names["data"]: base64.b64encode(data).decode("ascii"),
            names["method"]: self._profile["methods"][method],
        }).encode("utf-8")  # fmt: skip
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        if self._secret:
            header = self._profile["header"]
            headers[header["name"]] = header["prefix"] + self._secret
        return self._answered(self._posted(self._profile["paths"][what], body, headers))

    def _posted(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        for attempt in range(1, _TRIES + 1):
            try:
                with self._pool.session() as connection:
                    return connection.post(path, body, headers)
            except FetchError as error:
                if not error.passing or attempt == _TRIES:
                    status = f" {error.status}" if error.status else ""
                    raise KeyFailureError(f"{_KINDS[error.kind]}{status}") from None
            time.sleep(_PAUSE * attempt)
        raise AssertionError("unreachable")

    def _answered(self, raw: bytes) -> bytes:
        """The octets of a good answer; its message is not repeated, a server might echo what we sent."""
        names = self._profile["answer"]
        try:
            answer = json.loads(raw)
            code = str(answer[names["code"]])
            data = base64.b64decode(answer[names["data"]], validate=True) if self._good(code) else b""
        except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
            raise KeyFailureError("签名服务器的应答无法解析:请核对 profile 的字段名与地址") from None
        if not self._good(code):
            known = {_number(one): said for one, said in self._profile["bad"].items()}
            said = known.get(_number(code), "签名服务器拒绝了请求,请按错误码查其手册")
            shown = "未示" if self._secret and self._secret in code else repr(code[:32])
            raise KeyFailureError(f"{said}(错误码 {shown})")
        return data

    def _good(self, code: str) -> bool:
        return _number(code) in {_number(one) for one in self._profile["good"]["codes"]}


def _number(code: str) -> int | str:
    """0x0B000001 and 184549377 are one code."""
    try:
        return int(code, 0)
    except ValueError:
        return code


@cache
def standard_profile() -> Mapping[str, Any]:
    return tomllib.loads((files("certs.data") / "sign_server.toml").read_text(encoding="utf-8"))


def read_profile(path: str) -> Mapping[str, Any]:
    """The standard one, with what this file says different; raises KeyFailureError."""
    try:
        own = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeyFailureError(f"profile 文件 {path} 读不出或不是 TOML({type(error).__name__})") from None
    known = standard_profile()
    wrong = sorted(set(own) - set(known)) or [one for one in own if not isinstance(own[one], dict)]
    if wrong:
        raise KeyFailureError(f"profile 文件 {path} 中有不认识的部分 {wrong[0]},可用:{'、'.join(known)}")
    return {name: {**table, **own.get(name, {})} for name, table in known.items()}


def open_server(spec: KeySpec, env: Mapping[str, str], *, plain: bool) -> ServerKey:
    """`plain` allows http. Raises KeyFailureError."""
    if not plain and not spec.place.startswith("https://"):
        raise KeyFailureError("生产环境的签名服务器地址应为 https://")
    if not spec.option("certificate") or not spec.option("key"):
        raise KeySpecError("签名服务器的密钥引用缺少 key=密钥名 或 certificate=证书文件路径")
    certificate, chain = read_chain(spec.option("certificate"))
    peer = Peer(spec.place, spec.number("timeout", _TIMEOUT, 1, 300), spec.option("ca"))
    try:
        peer.context()
    except OSError:
        raise KeyFailureError("ca= 指向的信任证书文件读不出,应为 PEM") from None
    profile = read_profile(spec.option("profile")) if spec.option("profile") else standard_profile()
    secret = read_secret(spec.pin_source, env)
    if not secret.isprintable() or not secret.isascii():
        raise KeyFailureError("pin-source 中的口令含有不能放进 HTTP 头的字符")
    return ServerKey(peer, profile, spec.option("key"), secret, (certificate, *chain))
