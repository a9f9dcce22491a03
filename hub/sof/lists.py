"""Trust lists as this interface knows them: names, the certificates behind one, and no way to change them."""

from __future__ import annotations

from certs.model import write as w
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.items import b64
from hub.sof.refusing import BAD_PARAMETER, NO_LIST, NOT_SUPPORTED, RefusedError

_SIGNED, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
_POLICIES = ("", "default")


async def names(bench: Bench, call: Call) -> Told:
    """Aliases of the admitted CAs, as `CA001@CA002`."""
    return Told((await bench.desk.open()).listed.aliases)


async def content(bench: Bench, call: Call) -> Told:
    """Roots and intermediates of one CA, as PKCS#7 with certificates and nothing else (`.p7b`)."""
    listed, alias = (await bench.desk.open()).listed, call.text("ctlAltName")
    found = listed.get(alias)
    if found is None:
        raise RefusedError(NO_LIST, call.at("ctlAltName"), f"其一:{listed.aliases}", alias, "先取别名再问")
    held = dict.fromkeys((*found.roots, *found.intermediates))
    body = (
        w.integer(1), w.set_of(), w.sequence(w.oid(_DATA)), w.element(0xA0, *held), w.set_of(),
    )  # fmt: skip
    return Told(b64(w.sequence(w.oid(_SIGNED), w.explicit(0, w.sequence(*body)))))


async def refuse_change(bench: Bench, call: Call) -> Told:
    """The list is the centre's: signed, numbered, the same for everybody."""
    raise RefusedError(
        NOT_SUPPORTED,
        call.function.name,
        "由中心签发的信任列表",
        "",
        "准入、变更请向中心提出;现行列表见 /v1/ca/trustlist",
    )


async def policy(bench: Bench, call: Call) -> Told:
    """There is one policy, the centre's; naming it changes nothing."""
    name = call.text("policyName")
    if name not in _POLICIES:
        raise RefusedError(
            BAD_PARAMETER, call.at("policyName"), "default(中心的策略)", name, "留空或写 default"
        )
    return Told(0)
