"""The SOF server of this hub: one question, one answer of code, words and result.

A question leaves no entry, count or log line; the last error of an application stands in memory alone, for
that application alone, and is gone with the process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from certs.keys.port import DecryptionKey
from hub.ca.desk import CaDesk
from hub.ca.platform import CODE, Keeper
from hub.errors import HubError, SenderError
from hub.settings import Settings
from hub.sof.bench import Bench, Told
from hub.sof.call import ARGUMENTS, read_call
from hub.sof.keys import ServiceKeys
from hub.sof.refusing import INPUT, OK, RefusedError, zh
from hub.sof.table import FUNCTIONS

_MOST_REMEMBERED = 4096
_QUIET = "SOF_GetLastError"


class SofDesk:
    """One for a hub, beside its certificate desk."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        desk: CaDesk,
        platform: Keeper,
    ) -> None:
        self._clock, self._random, self._desk, self._platform = clock, random, desk, platform
        self._keys = ServiceKeys(settings, desk.read)
        self._errors: OrderedDict[str, int] = OrderedDict()

    async def answer(self, application: str, value: Any) -> dict[str, Any]:
        """Raises HubError only where the hub cannot work at all (no list, no place, no stamp service)."""
        name = ""
        try:
            whole = await self._with_files(application, value)
            call = await self._desk.work(lambda: read_call(whole))
            name = call.function.name
            bench = Bench(
                application, self._desk, self._keys, self._clock(), self._random, self._platform,
                self._errors.get(application, OK),
            )  # fmt: skip
            told = await FUNCTIONS[name](bench, call)
        except RefusedError as error:
            return self._refused(application, error)
        except SenderError as error:
            return self._refused(application, _misput(error))
        if name != _QUIET:
            self._remember(application, told.error)
        return _told(told)

    def encryption(self, application: str) -> DecryptionKey:
        """The key that opens for this application, for the envelope service (`hub/ca/envelopes`); for
        threads. Raises HubError where there is none."""
        try:
            return self._keys.of(application).encryption
        except RefusedError as error:
            raise HubError(error.words, code=CODE, status=503, retry_after=60) from error

    def close(self) -> None:
        self._keys.close()

    async def _with_files(self, application: str, value: Any) -> Any:
        """Octets stand beside the digest of a file that the caller sent before."""
        if not isinstance(value, Mapping) or ARGUMENTS not in value:
            return value
        return {**value, ARGUMENTS: await self._desk.beside(application, value[ARGUMENTS])}

    def _refused(self, application: str, error: RefusedError) -> dict[str, Any]:
        self._remember(application, error.code)
        said: dict[str, Any] = {"code": error.code, "msg": error.words, "data": None}
        if error.verdict is not None:
            whole = error.verdict.as_dict()
            said |= {"sofCode": error.verdict.sof_code, "reasons": whole["reasons"]}
        return said | {"lastError": _hex(error.code), "finding": error.finding.public()}

    def _remember(self, application: str, error: int) -> None:
        self._errors[application] = error
        self._errors.move_to_end(application)
        if len(self._errors) > _MOST_REMEMBERED:
            self._errors.popitem(last=False)


def _told(told: Told) -> dict[str, Any]:
    said: dict[str, Any] = {"code": OK, "msg": zh(OK), "data": told.data, "lastError": _hex(told.error)}
    verdict = told.verdict
    if verdict is not None:
        kept = ("sofCode", "result", "subIndication", "reasons", "forgiven", "advice", "medium", "ca", "list")
        said |= {name: verdict[name] for name in kept}
        said["msg"] = verdict["zh"] if told.error == OK else f"{zh(told.error)}:{verdict['zh']}"
    if told.forgiven:
        said["forgiven"] = [one.as_dict() for one in told.forgiven]
    if told.hint:
        said["msg"] += f";{told.hint}"
    return said


def _misput(error: SenderError) -> RefusedError:
    """What the certificate desk finds wrong with a question, in the words of this interface."""
    first = error.findings[0] if error.findings else None
    if first is None:
        return RefusedError(INPUT, "请求", "可以受理的问题", error.detail, "改正后再问")
    return RefusedError(INPUT, f"options{first.at}", first.expected, first.observed, first.advice)


def _hex(code: int) -> str:
    return f"0x{code:08X}"
