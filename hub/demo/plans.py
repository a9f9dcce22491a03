"""The plan files of the systems the demo admits, as their vendors would write them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hub.catalogue import load as load_catalogue
from hub.demo.world import World

NATIVE = """\
[endpoints]
inbound = "{base}/{id}/uis/v1/messages"
export = "{base}/{id}/uis/v1/records"
control = "{base}/{id}/uis/v1/control"

[scope]
sectors = ["engineering"]
stages = [{stages}]
bindings = ["json"]

[credentials]
hub_key = "keys/centre-1.json"
system_key = "keys/{id}-1.json"
"""
FOREIGN = """\
[endpoints]
inbound = "{base}/{id}/WebService/TradeDataService.asmx"

[scope]
sectors = ["engineering"]
dialect = "{dialect}"

[credentials]
token = "{token}"
"""
STAGES = (
    "eng-project",
    "eng-tender-project",
    "eng-section",
    "eng-tender-notice",
    "eng-tender-document",
    "eng-bidder-list",
    "eng-bid-margin",
    "eng-bid-opening",
    "eng-candidate-publicity",
    "eng-result-notice",
    "contract-sign",
)


def write_plan(world: World, system_id: str) -> Path:
    """`plan-<ID>.toml` in the world's folder, beside the keys it names."""
    system = load_catalogue().system(system_id)
    peers = tomllib.loads(world.peers.read_text("utf-8"))["systems"]
    token = peers.get(system_id, {}).get("credentials", {}).get("token", "")
    body = (NATIVE if system.dialect == "hub-unified-v1" else FOREIGN).format(
        base=world.base,
        id=system.id,
        dialect=system.dialect,
        token=token,
        stages=", ".join(f'"{stage}"' for stage in STAGES),
    )
    head = f'[system]\nid = "{system.id}"\nzh = "{system.zh}"\nversion = "1.0"\n\n'
    path = world.folder / f"plan-{system.id}.toml"
    path.write_text(head + body, encoding="utf-8")
    return path
