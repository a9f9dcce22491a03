"""Who signs and who is believed with one peer: a shared secret both ways, or a key pair on each side."""

from __future__ import annotations

from certs.algorithms.digest import MACS
from certs.algorithms.signature import SIGNATURES, family
from hub.errors import SettingsError
from hub.message import Key
from hub.ports import Call


def ours(call: Call) -> Key:
    """What the hub signs its deliveries with; SettingsError names the credential that is no key."""
    given, alg = call.credentials, call.credentials["alg"]
    if alg not in SIGNATURES:
        return Key(given["key_id"], "centre", alg, given["secret"].encode())
    try:
        private = family(alg).read_private(given["private"].encode("ascii"))
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{call.system}: credentials.private 不是 {alg} 私钥 / no private key") from error
    return Key(given["key_id"], "centre", alg, private=private)


def theirs(call: Call) -> Key | None:
    """What the peer signs with; None where nothing was agreed that could be believed."""
    given = call.credentials
    alg, key_id = given.get("alg", ""), given.get("key_id", "")
    if alg in MACS and key_id and given.get("secret"):
        return Key(key_id, call.system, alg, given["secret"].encode())
    if alg not in SIGNATURES or not given.get("public"):
        return None
    try:
        public = family(alg).read_public(given["public"].encode("ascii"))
    except ValueError:
        return None
    return Key(given.get("peer_key_id") or key_id, call.system, alg, public=public)
