"""A PKCS#11 module loaded into this process, told that there are threads, and who is logged in to its tokens.

`python-pkcs11` initialises a module without saying so, and a module may then do without locks: it is
initialised again with the flag. Where a module will not have that, its calls go one after the other. Login
belongs to process and token, not to a session: it is held by one session that nobody else uses, and shared.
"""

from __future__ import annotations

import contextlib
import ctypes
import hmac
import sys
import threading
from contextlib import AbstractContextManager
from typing import Any

from certs.algorithms.digest import digest
from certs.keys.port import KeyFailureError

_OS_LOCKING, _OK, _ALREADY = 0x2, 0x0, 0x191


class _Arguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS; packed on Windows, as the standard has it."""

    if sys.platform == "win32":
        _pack_ = 1
    _fields_ = (
        ("create", ctypes.c_void_p), ("destroy", ctypes.c_void_p), ("lock", ctypes.c_void_p),
        ("unlock", ctypes.c_void_p), ("flags", ctypes.c_ulong), ("reserved", ctypes.c_void_p),
    )  # fmt: skip


class Login:
    """One token's login; `age` grows with every renewal, so that two threads do not renew the same one."""

    def __init__(self, token: Any, pin: str) -> None:
        self._token, self._pin, self._lock = token, pin, threading.Lock()
        self._keeper: Any = None
        self._users = 0
        self.age = 0
        self.refused = ""

    def session(self) -> Any:
        """A fresh session, logged in; raises what `pkcs11` raises, KeyFailureError after a refused PIN."""
        import pkcs11

        with self._lock:
            if self.refused:
                # Trying the same PIN again would only lock the token.
                raise KeyFailureError(f"令牌此前已拒绝该 PIN({self.refused}),未再尝试以免锁死:请更正后重启")
            if self._keeper is None and self._pin:
                try:
                    self._keeper = self._token.open(user_pin=self._pin)
                except pkcs11.UserAlreadyLoggedIn:
                    self._keeper = self._token.open()
                except (
                    pkcs11.PinIncorrect,
                    pkcs11.PinInvalid,
                    pkcs11.PinLenRange,
                    pkcs11.PinLocked,
                ) as error:
                    self.refused = type(error).__name__
                    raise
        return self._token.open()

    def shared(self, pin: str) -> Login:
        """One more user of it; raises KeyFailureError if the PIN is another one than it was opened with."""
        if not hmac.compare_digest(pin.encode(), self._pin.encode()):
            raise KeyFailureError("同一令牌的两个密钥引用给出了不同的 PIN:请核对 pin-source")
        self._users += 1
        return self

    def renew(self, seen: int) -> None:
        with self._lock:
            if self.age == seen:
                self.age += 1
                self._end()

    def leave(self) -> bool:
        """One user less; says whether it was the last, and then logs out."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._end()
            return self._users == 0

    def _end(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            with contextlib.suppress(Exception):  # it may be dead already
                keeper.close()


class Module:
    """One loaded module; `calls` is entered around every call."""

    def __init__(self, path: str) -> None:
        try:
            import pkcs11
        except ImportError:
            raise KeyFailureError("缺少 PKCS#11 支持:请安装附加组件 hsm(pip install 'hutong[hsm]')") from None
        try:
            self.library = pkcs11.lib(path)
        except pkcs11.PKCS11Error:
            raise KeyFailureError(
                f"PKCS#11 模块 {path} 加载不了:检查 module-path、位数(64 位)与厂商的配置文件"
            ) from None
        self._logins: dict[tuple[int, str], Login] = {}
        self._refused: dict[tuple[tuple[int, str], bytes], Login] = {}
        self._lock = threading.Lock()
        self.calls: AbstractContextManager[Any] = contextlib.nullcontext()
        if not self._with_threads(path):
            self.library.initialize()
            self.calls = threading.RLock()

    def _with_threads(self, path: str) -> bool:
        initialise = getattr(ctypes.CDLL(path), "C_Initialize", None)
        if initialise is None:
            return False
        initialise.argtypes, initialise.restype = (ctypes.POINTER(_Arguments),), ctypes.c_ulong
        self.library.finalize()
        return initialise(_Arguments(flags=_OS_LOCKING)) in (_OK, _ALREADY)

    def token(self, wanted: dict[str, str]) -> Any:
        """The one token of this description; raises KeyFailureError."""
        found = []
        for slot in self.library.get_slots(token_present=True):
            token = slot.get_token()
            facts = {
                "token": token.label,
                "serial": _text(token.serial),
                "manufacturer": token.manufacturer_id,
                "model": token.model,
                "slot-id": str(slot.slot_id),
            }
            if all(facts[name] == value for name, value in wanted.items() if name in facts):
                found.append(token)
        if len(found) == 1:
            return found[0]
        if found:
            raise KeyFailureError(f"符合描述的令牌有 {len(found)} 个,请加写 serial= 或 slot-id=")
        raise KeyFailureError("没有找到符合描述的令牌:检查是否插好,以及 token= 与 serial=")

    def login(self, token: Any, pin: str) -> Login:
        """One more user of this token's login; what was refused before stays refused. KeyFailureError."""
        name = _name(token)
        with self._lock:
            known = self._refused.get((name, _print(pin)))
            login = known or self._logins.setdefault(name, Login(token, pin))
            return login.shared(pin)

    def leave(self, token: Any, login: Login, pin: str) -> None:
        name = _name(token)
        with self._lock:
            if login.refused:
                self._refused[name, _print(pin)] = login
            if login.leave() and self._logins.get(name) is login:
                del self._logins[name]


def _print(pin: str) -> bytes:
    return digest(pin.encode("utf-8"), "sha256")


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else value.strip()


def _name(token: Any) -> tuple[int, str]:
    return token.slot.slot_id, _text(token.serial)


_loaded: dict[str, Module] = {}
_loading = threading.Lock()


def module(path: str) -> Module:
    """The module at this path, loaded once; raises KeyFailureError."""
    with _loading:
        if path not in _loaded:
            _loaded[path] = Module(path)
        return _loaded[path]
