"""A peer's credentials: what is not there is said by name and place, and what to do, not as a `KeyError`.

Adapters take what their papers list, `call.credentials["app_id"]`; who left it out of `peers.toml` is the
officer, who must be told which row lacks what. Nothing was sent then, and it is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from hub.errors import HubError
from hub.message import Finding

CODE = "peer.credentials"


class CredentialError(HubError):
    """Ours to mend; the message and its receiver have no part in it."""

    status = 503
    code = CODE

    def __init__(self, at: str, expected: str, observed: str) -> None:
        advice = "在 peers.toml 中改正(env: 或 file:),存盘即生效,未发的随后自动再发"
        super().__init__(
            f"{at}: 应有 {expected};实为 / observed: {observed};{advice}",
            findings=(Finding(CODE, at, expected, observed, advice),),
        )


class Credentials(dict[str, str]):
    """The strings of one row of `peers.toml`, which is `place`. Values never stand in what is raised."""

    def __init__(self, values: Mapping[str, str], place: str) -> None:
        super().__init__(values)
        self._place = place

    def __missing__(self, name: str) -> NoReturn:
        there = f"缺少 / missing ({', '.join(sorted(self)) or '无任何凭据 / none at all'})"
        raise CredentialError(f"{self._place}.credentials.{name}", f"凭据 {name}", there)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self))})"
