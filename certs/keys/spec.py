"""Where a key is, as one line of the settings: `file:`, `pkcs11:` (RFC 7512), `sdf:`, `https:`.

    file:/etc/hutong/centre.p12?pin-source=file:/run/secrets/p12
    pkcs11:token=centre;object=sign?module-path=/usr/lib/libhsm.so&pin-source=env:HSM_PIN
    sdf:/usr/lib/libsdf.so?index=1&certificate=/etc/hutong/centre.pem&pin-source=file:/run/secrets/sdf
    https://sign.example:9443/api?key=centre&certificate=/etc/hutong/centre.pem&pin-source=env:SIGN_TOKEN

A secret never stands in the line, only where it is kept: settings are printed, logged and backed up. The
line itself is therefore not repeated in messages either; somebody may have written a secret into it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from certs.keys.port import KeyFailureError

LONGEST = 4096
FILE, PKCS11, SDF, SERVER = "file", "pkcs11", "sdf", "server"
# What may stand after the question mark, and for PKCS#11 what may stand before it.
# fmt: off
_OPTIONS: dict[str, tuple[str, ...]] = {
    FILE: ("certificate", "pin-source"),
    PKCS11: ("module-path", "pin-source", "certificate", "sessions", "sm2-mechanism"),
    SDF: ("index", "certificate", "pin-source", "sessions", "decrypt-form"),
    SERVER: ("key", "certificate", "ca", "pin-source", "profile", "timeout"),
}
_PKCS11_PATH = ("token", "object", "id", "type", "manufacturer", "serial", "model",
                "library-manufacturer", "library-description", "library-version", "slot-id")
# fmt: on
_SECRETS = frozenset(("pin-value", "pin", "password", "passwd", "token-value", "secret", "passphrase"))


class KeySpecError(KeyFailureError, ValueError):
    """This line names no key; says what is wrong and how to write it, and never repeats the line."""


@dataclass(frozen=True, slots=True)
class KeySpec:
    """`place` is a path, a module, or an address; `pin_source` is `env:NAME` or `file:PATH`."""

    kind: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    pin_source: str = ""

    def option(self, name: str, default: str = "") -> str:
        return self.options.get(name, default)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """An option that is a number (0x… too); raises KeySpecError."""
        text = self.options.get(name)
        if text is None:
            return default
        try:
            value = int(text, 0)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise KeySpecError(f"密钥引用的 {name} 应为 {least} 到 {most} 的整数")
        return value


def parse(text: str) -> KeySpec:
    """Raises KeySpecError."""
    text = text.strip()
    if len(text) > LONGEST or any(ord(one) < 32 for one in text):
        raise KeySpecError(f"密钥引用应为一行,至多 {LONGEST} 个字符")
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in (FILE, PKCS11, SDF, "http", "https"):
        raise KeySpecError(
            "密钥引用应以 file:、pkcs11:、sdf: 或 https:// 开头,例如 file:/etc/hutong/centre.p12"
        )
    if scheme in ("http", "https"):
        return _server(text)
    path, _, query = rest.partition("?")
    kind = PKCS11 if scheme == PKCS11 else scheme
    options = dict(_pairs(query, "&", kind, _OPTIONS[kind]))
    if kind == PKCS11:
        options |= _pairs(path, ";", kind, _PKCS11_PATH)
        path = options.pop("module-path", "")
        if not path:
            raise KeySpecError("pkcs11 密钥引用缺少 module-path=厂商模块(.so 或 .dll)的路径")
        if "object" not in options and "id" not in options:
            raise KeySpecError("pkcs11 密钥引用缺少 object=标签 或 id=%01 形式的标识")
    else:
        path = unquote(path).removeprefix("//")
        if not path:
            raise KeySpecError(f"{kind} 密钥引用缺少路径,例如 {kind}:/路径")
    return _made(kind, path, options)


def _server(text: str) -> KeySpec:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise KeySpecError("签名服务器地址无法解析,应如 https://主机:端口/路径?key=名称") from error
    if url.username is not None or url.password is not None:
        raise KeySpecError("签名服务器地址中不得写入用户名或口令,请改用 pin-source=env:变量名")
    if not url.hostname or port == 0 or url.fragment:
        raise KeySpecError("签名服务器地址缺少主机名,或端口、片段有误")
    options = dict(_pairs(url.query, "&", SERVER, _OPTIONS[SERVER]))
    place = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"
    return _made(SERVER, place, options)


def _made(kind: str, place: str, options: dict[str, str]) -> KeySpec:
    source = options.pop("pin-source", "")
    if source.startswith("/"):
        source = f"file:{source}"
    if source and not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", source):
        raise KeySpecError("pin-source 应为 env:环境变量名 或 file:文件路径")
    return KeySpec(kind, place, options, source)


def _pairs(text: str, mark: str, kind: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part in filter(None, text.split(mark)):
        name, equals, value = part.partition("=")
        name = unquote(name)
        if name.lower() in _SECRETS:
            raise KeySpecError(
                "密钥引用中不得直接写口令,请改用 pin-source=env:变量名 或 pin-source=file:路径"
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f",是否指 {near[0]}?" if near else f",可用:{'、'.join(known)}"
            raise KeySpecError(f"{kind} 密钥引用中有不认识的项{hint}")
        if not equals or not value or name in seen:
            raise KeySpecError(f"密钥引用的 {name} 没有值,或写了两次")
        seen.add(name)
        # A plus sign is itself in a path; only percent-encoding is undone (RFC 3986, 2.1).
        try:
            yield name, value if name == "id" else unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise KeySpecError(f"密钥引用的 {name} 不是 UTF-8 的百分号编码") from error


def read_secret(source: str, env: Mapping[str, str]) -> str:
    """What stands there, without the line end; empty if no source is named. Raises KeyFailureError."""
    if not source:
        return ""
    where, _, name = source.partition(":")
    if where == "env":
        if not env.get(name):
            raise KeyFailureError(f"环境变量 {name} 未设置,其中应为密钥口令")
        return env[name]
    try:
        secret = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFailureError(f"口令文件 {name} 读不出({type(error).__name__}),请检查路径与权限") from None
    if not secret or len(secret) > LONGEST:
        raise KeyFailureError(f"口令文件 {name} 是空的或过长")
    return secret
