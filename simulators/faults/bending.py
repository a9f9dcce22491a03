"""Mechanism `bend`: the right answer, its bytes spoiled on the way out."""

from __future__ import annotations

from collections.abc import Callable

from simulators.faults.act import Act
from simulators.faults.table import Fault
from simulators.wire import Reply, Request


def _truncate(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _empty(_body: bytes) -> bytes:
    return b""


def _bom(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def _gbk(body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode("gb18030")


def _garble(body: bytes) -> bytes:
    return bytes(byte ^ 0x55 for byte in body)


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "truncate": _truncate,
    "empty": _empty,
    "bom": _bom,
    "gbk": _gbk,
    "garble": _garble,
}


def act(fault: Fault) -> Act:
    """`way` is one of WAYS."""
    bend = WAYS[fault.args["way"]]

    def rewrite(reply: Reply, _request: Request) -> Reply:
        return Reply(reply.status, reply.headers, bend(reply.body))

    return Act(rewrite=rewrite)
