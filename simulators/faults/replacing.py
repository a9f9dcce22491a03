"""Mechanism `replace`: another status, another body, somebody else's page instead of the answer."""

from __future__ import annotations

from simulators.faults.act import Act
from simulators.faults.table import Fault, number
from simulators.wire import Reply, Request


def act(fault: Fault) -> Act:
    """`status`, `type` and `body` of the stand-in; `effect` yes/no; `retry_after` seconds."""
    headers = {"Content-Type": fault.args.get("type", "text/html;charset=UTF-8")}
    if "retry_after" in fault.args:
        headers["Retry-After"] = fault.args["retry_after"]
    body = fault.args.get("body", "").encode("utf-8")
    stand_in = Reply(
        int(number(fault, "status", 200)), headers, body * max(1, int(number(fault, "repeat", 1)))
    )

    def rewrite(_reply: Reply, _request: Request) -> Reply:
        return stand_in

    return Act(effect=fault.args.get("effect", "yes") == "yes", rewrite=rewrite)
