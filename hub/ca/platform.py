"""The platform's own certificates: one to sign with, one to be sent secrets under, one for bids alone.

Bids have a key of their own, which only the opening uses (`hub/bids`). Whoever holds a bid's envelope may
put it to the envelope service as often as he likes: the key that would open it is not there.

A sandbox gets its own out of the test PKI; in production the settings name them (`certs/keys`: tokens, HSMs,
cipher machines), and where one is missing what would need it is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from certs.algorithms.sm2_keys import pem, private_der
from certs.keys.opening import OpenedKey, open_key
from certs.keys.port import KeyFailureError
from hub.ca import sandbox
from hub.ca.belief import folder_of
from hub.durable import place_file
from hub.errors import HubError
from hub.settings import SANDBOX, Settings

FOLDER, CODE = "platform", "ca.platform-keys"
SIGNING, ENCRYPTION, BIDS = "signing", "encryption", "bids"
_HOLDER, _VENDOR = "centre", "C01"


@dataclass(frozen=True, slots=True)
class Platform:
    """Three keys, each with its certificate and those above it."""

    signing: OpenedKey
    encryption: OpenedKey
    bids: OpenedKey

    def named(self) -> dict[str, OpenedKey]:
        return {SIGNING: self.signing, ENCRYPTION: self.encryption, BIDS: self.bids}

    def close(self) -> None:
        for key in self.named().values():
            key.close()


class Keeper:
    """Opens the keys when they are first needed; for threads."""

    def __init__(self, settings: Callable[[], Settings], clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._held: Platform | None = None
        self._lock = Lock()

    def open(self) -> Platform:
        """Costs file or device access; not on the loop. Raises HubError 503 where there are none."""
        with self._lock:
            if self._held is None:
                self._held = self._opened()
            return self._held

    def close(self) -> None:
        with self._lock:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _opened(self) -> Platform:
        settings = self._settings()
        lines = {
            SIGNING: settings.platform_signing_key,
            ENCRYPTION: settings.platform_encryption_key,
            BIDS: settings.platform_bids_key,
        }
        if not any(lines.values()) and settings.realm == SANDBOX:
            lines = provided(settings, self._clock())
        missing = [name for name, line in lines.items() if not line]
        if missing:
            raise HubError(f"未配置平台密钥:{'、'.join(missing)}", code=CODE, status=503, retry_after=60)
        try:
            opened = {name: open_key(line, realm=settings.realm) for name, line in lines.items()}
        except KeyFailureError as error:
            raise HubError(f"平台密钥不可用:{error}", code=CODE, status=503, retry_after=30) from error
        return Platform(opened[SIGNING], opened[ENCRYPTION], opened[BIDS])


def provided(settings: Settings, now: datetime) -> dict[str, str]:
    """Lines for the keys of a sandbox, made once: what was sealed to them must open after a restart too."""
    folder = settings.data / FOLDER
    wanted = {name: folder / f"{name}.pem" for name in (SIGNING, ENCRYPTION, BIDS)}
    missing = {name: path for name, path in wanted.items() if not path.exists()}
    if missing:
        world = folder_of(settings)
        if not (world / sandbox.MADE).exists():
            sandbox.provide(world, now)
        if not (world / sandbox.MADE).exists():
            raise HubError(
                "沙箱使用自备的信任列表时,须配置平台密钥 / name the platform's keys", code=CODE, status=503
            )
        _make(world, missing)
    return {name: f"file:{path}" for name, path in wanted.items()}


def _make(world: Path, missing: dict[str, Path]) -> None:
    from certs.testpki.issue import ENCIPHER, SIGN

    vendor = sandbox.open_world(world).vendors[_VENDOR]
    above = tuple(reversed(vendor.tiers()))
    for name, path in missing.items():
        usage = SIGN if name == SIGNING else ENCIPHER
        # A world's keys follow from its seed, which is known to everybody; this one's label is not.
        key = vendor.issue(_HOLDER, usage, label=f"platform/{name}/{secrets.token_hex(16)}")
        parts = [pem("PRIVATE KEY", private_der(key.private)), pem("CERTIFICATE", key.certificate)]
        parts += [pem("CERTIFICATE", one.key.certificate) for one in above]
        path.parent.mkdir(mode=0o700, exist_ok=True)
        place_file(path, "".join(parts).encode("ascii"))
