"""Whose fault it was: one root, three branches, rendered once at the edge.

What is examined comes back as findings; these are for what cannot go on.
"""

from __future__ import annotations

from hub.message.finding import Finding


class HubError(Exception):
    """Root of everything the hub raises on purpose; `status` is the HTTP answer it becomes."""

    status = 500
    code = "hub.internal"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        findings: tuple[Finding, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.findings = findings
        self.retry_after = retry_after


class SenderError(HubError):
    """The caller must change something before it asks again."""

    status = 422
    code = "message.refused"


class ReceiverError(HubError):
    """The system behind us did not do its part."""

    status = 502
    code = "upstream.unavailable"


class OverloadError(HubError):
    """We could, but not now; always with Retry-After."""

    status = 503
    code = "hub.busy"


class SettingsError(HubError):
    """The installation is wrong; nothing starts (exit code 3)."""

    code = "settings.invalid"


class DriverMissingError(SettingsError):
    """A kind of address needs a library that is not installed; the rest goes on without it."""

    code = "peer.driver-missing"

    def __init__(self, scheme: str, package: str, extra: str) -> None:
        told = f"{scheme}: 须安装 {package} / needs {package}: pip install 'hutong[{extra}]'"
        super().__init__(told)
