"""Time stamps asked of the hub: given by the service that stamps its log, judged before they go out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.timestamp import read_info, read_response, request, verify_timestamp
from certs.timestamp.model import Digest, Info
from certs.trust import Trust
from certs.verdict import Verdict
from hub.errors import HubError, ReceiverError, SenderError
from hub.evidence.authority import Authority, StampError
from hub.message import Finding

AWAY, REFUSED = "ca.stamps-away", "ca.stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token that holds; `info` is what it says."""

    token: bytes
    info: Info
    verdict: Verdict


async def stamp(
    authority: Authority | None, about: Digest, *, nonce: int | None, policy: str | None, full: bool
) -> tuple[bytes, int]:
    """The service's answer and the nonce it repeats, one of ours if the asker has none. Raises HubError."""
    if authority is None:
        raise HubError("未配置时间戳服务 / no time-stamp service", code=AWAY, status=503, retry_after=60)
    nonce = nonce or secrets.randbits(64) | 1
    try:
        asked = request(about, nonce=nonce, policy=policy, cert_req=full)
        return await authority.ask(asked), nonce
    except (MalformedError, ValueError) as error:
        finding = Finding(REFUSED, "/policy", "策略标识(OID)", str(error)[:80], "改正,或省去")
        raise SenderError("申请不成立", code=REFUSED, findings=(finding,)) from None
    except StampError as error:
        raise ReceiverError("时间戳服务暂不可用", code=AWAY, status=503, retry_after=5) from error


def opened(reply: bytes, about: Digest, nonce: int, trust: Trust, at: datetime) -> Stamp:
    """The token in an answer, judged as its receiver will judge it. Raises HubError."""
    try:
        token = read_response(reply).token
        info = read_info(read_signed(token or b"").content or b"")
    except MalformedError as error:
        raise ReceiverError("时间戳服务拒绝了申请", code=REFUSED, status=502) from error
    assert token is not None  # noqa: S101 - read just now
    verdict = verify_timestamp(reply, about, trust=trust, at=at, nonce=nonce)
    if not verdict.ok:
        raise ReceiverError("时间戳服务的应答未通过核验", code=REFUSED, status=502)
    return Stamp(token, info, verdict)
