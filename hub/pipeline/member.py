"""Only systems that are online may send; who is unknown learns no more than who uses a wrong key."""

from __future__ import annotations

from hub.message import Finding
from hub.pipeline.exchange import Exchange, World


def member(exchange: Exchange, world: World) -> Exchange:
    sender = exchange.head["from"]
    if exchange.bearer is not None and sender not in exchange.bearer:
        return exchange.refuse(403, [not_the_bearer(sender)])
    if not world.listed(sender):
        finding = Finding(
            "auth.key",
            "/head/from",
            "已接入系统的编号",
            sender,
            "使用对接时分配给本系统的编号和密钥",
            "EX-SIG-04",
        )
        return exchange.refuse(401, [finding])
    if not world.online(sender):
        finding = Finding(
            "member.not-online",
            "/head/from",
            "已核准上线的系统",
            sender,
            "完成对接测试并经核准上线后再报送",
            "EX-ONB-01",
        )
        return exchange.refuse(403, [finding])
    return exchange


def not_the_bearer(sender: str) -> Finding:
    """Whoever shows a certificate speaks for the members it was agreed for, and for nobody else."""
    return Finding(
        "auth.certificate", "/head/from", "本连接证书所属的成员", sender[:20],
        "用本系统登记的证书连接;新证书请先登记(members.toml)", "EX-SIG-10",
    )  # fmt: skip
