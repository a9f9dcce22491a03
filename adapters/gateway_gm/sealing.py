"""The inner message: a payload under SM4, and an SM2 signature over the payload as it was before.

Writers disagree on three things: bare or DER, which identity, whether empty members are signed too. We
write what the papers say for the system and believe whichever of the ways holds.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from adapters import jsontext, sm4
from adapters.gateway_gm.papers import CIPHER, SIGNATURE, VERSION, Hand
from adapters.proof import octets
from certs.algorithms import sm2

_SIGNED = ("appId", "encType", "msgid", "signType", "timestamp", "version")
_HALF = 32
_BARE = 2 * _HALF


@lru_cache(256)
def _key(app_id: str, app_secret: str) -> bytes:
    """The key of all texts between two parties; ValueError for an app id that is too short."""
    return sm4.encipher(octets(app_secret), octets(app_id)[:16]).hex().upper()[:16].encode()


@lru_cache(256)
def _public(text: str) -> bytes:
    return sm2.read_public(bytes.fromhex(text))


def canonical(payload: Any, *, keep: bool = False) -> str:
    """Members in the order of their names at every level, empty ones left out unless they are kept."""
    return jsontext.write(_tidy(payload, keep))


def _tidy(value: Any, keep: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _tidy(value[name], keep) for name in sorted(value) if keep or value[name] not in ("", None)
        }
    return [_tidy(item, keep) for item in value] if isinstance(value, list) else value


def signed_text(message: Mapping[str, Any], payload: Any, app_secret: str, *, keep: bool = False) -> bytes:
    """What is signed: parameters in the order of their names, then the secret."""
    values = {name: jsontext.scalar(message.get(name)) or "" for name in _SIGNED}
    values["data"] = canonical(payload, keep=keep)
    told = [f"{name}={values[name]}" for name in sorted(values) if keep or values[name]]
    return octets("&".join([*told, f"key={app_secret}"]))


def written(
    payload: Mapping[str, Any], msgid: str, stamp: str, credentials: Mapping[str, str], hand: Hand
) -> dict[str, Any]:
    """The message around a payload; raises KeyError or ValueError for credentials that are none."""
    app_id, secret = credentials["app_id"], credentials["app_secret"]
    message: dict[str, Any] = {
        "appId": app_id,
        "version": VERSION,
        "timestamp": stamp,
        "msgid": msgid,
        "encType": CIPHER,
        "signType": SIGNATURE,
    }
    plain = jsontext.document(payload)
    message["data"] = {"encData": sm4.encipher(plain, _key(app_id, secret)).hex().upper()}
    private = sm2.read_private(bytes.fromhex(credentials["sign_key"]))
    ident = octets(app_id) if hand.own_id else sm2.DEFAULT_ID
    signature = sm2.sign(signed_text(message, payload, secret), private, ident)
    if not hand.der:
        signature = b"".join(part.to_bytes(_HALF, "big") for part in decode_dss_signature(signature))
    message["signData"] = base64.b64encode(signature).decode("ascii")
    return message


def opened(message: Mapping[str, Any], credentials: Mapping[str, str]) -> bytes | None:
    """The payload's bytes; None when they do not open."""
    sealed = jsontext.member(message, "data", "encData")
    if not isinstance(sealed, str):
        return None
    try:
        return sm4.decipher(bytes.fromhex(sealed), _key(credentials["app_id"], credentials["app_secret"]))
    except (KeyError, ValueError):
        return None


def holds(message: Mapping[str, Any], payload: Any, credentials: Mapping[str, str], hand: Hand) -> bool:
    """Does the peer's signature hold in any of the ways? The likely ones are tried first."""
    signature = _as_der(message.get("signData"))
    secret, key = credentials.get("app_secret", ""), credentials.get("peer_pub", "")
    if signature is None or not secret or not key:
        return False
    try:
        public = _public(key)
    except ValueError:
        return False
    idents = [octets(credentials.get("app_id", "")), sm2.DEFAULT_ID]
    ordered = idents if hand.own_id else idents[::-1]
    texts = dict.fromkeys(signed_text(message, payload, secret, keep=keep) for keep in (False, True))
    return any(sm2.verify(text, signature, public, ident) for text in texts for ident in ordered)


def _as_der(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(raw) != _BARE:
        return raw
    return encode_dss_signature(int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
