"""Questions answered at the door: with the same proof, the same shares and the same words as by the table.

Only such whose answer is one JSON object, and that come by the thousand: for each HTTP was four fifths of the
work. What may be asked, and by whom, stands in `table.py` (`Who.QUESTION`).
"""

from __future__ import annotations

from hub.errors import SenderError
from hub.pipeline.member import not_the_bearer
from hub.server import ca
from hub.server.context import Context
from hub.server.front import Plain
from hub.server.tls import Marks

ANSWERS = {"/v1/ca/recognise": ca.recognised, "/v1/ca/verify": ca.verified}


async def asked_at_the_door(ctx: Context, plain: Plain, body: bytes, shown: Marks | None) -> bytes:
    """The JSON of the answer; raises HubError."""
    await ctx.hub.signers.settle(plain.signed.get("X-Hutong-Key", ""))
    principal = ctx.callers.asking("POST", plain.path, plain.signed, body)
    admitted(ctx, principal, shown)
    return await ANSWERS[plain.path](ctx, principal, body)


def admitted(ctx: Context, principal: str, shown: Marks | None) -> None:
    """Whoever shows a certificate asks for nobody but those it was agreed for; and each has a share."""
    bearer = ctx.bearer(shown)
    if bearer is not None and principal not in bearer:
        finding = not_the_bearer(principal)
        raise SenderError("证书与签名者不符", code=finding.code, status=403, findings=(finding,))
    wait = ctx.limiter.wait(principal, ctx.ticks()) or ctx.hub.pace(principal)
    if wait:
        raise SenderError("请求过于频繁", code="hub.rate", status=429, retry_after=wait)
