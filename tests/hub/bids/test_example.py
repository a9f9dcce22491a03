"""What vendors are shown of sealing a bid (`examples/python/bid.py`), against the real hub: all models."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from bids_kit import DEADLINE, Tender, bidder, pki, results

from certs.algorithms.sm2_keys import pem, private_der

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/python/bid.py"
MODELS = ("any-one", "all-of", "bidder-key")


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("bid_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _written(folder, who, platform):
    """What a bidder has at hand, as files."""
    for name, key in (("signing", who.signing), ("encryption", who.encryption)):
        der = private_der(key.private) if key.algorithm == "sm2-sm3" else key.private
        (folder / f"{name}.pem").touch(mode=0o600)
        chain = "".join(pem("CERTIFICATE", raw) for raw in (key.certificate, *key.chain))
        (folder / f"{name}.pem").write_text(pem("PRIVATE KEY", der) + chain)
    (folder / "own.cer").write_bytes(who.encryption.certificate)
    (folder / "platform.cer").write_text(pem("CERTIFICATE", platform))
    (folder / "roots.pem").write_text("".join(pem("CERTIFICATE", raw) for raw in pki().anchors))
    (folder / "content").write_bytes(b"content of " + who.party["code"].encode())


async def test_each_model_sealed_and_brought_as_vendors_are_shown(tmp_path, example):
    tender = Tender(tmp_path, bids_grace=600.0)
    hub = await tender.start()
    platform = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids.certificate

    async def run(folder, *words):
        names = {"--platform": "platform.cer", "--out": f"{words[0]}.out"}
        given = [word for name, file in names.items() for word in (name, str(folder / file))]
        signing = f"file:{folder / 'signing.pem'}"
        given += ["--signing", signing, "--realm", "sandbox"]
        assert await asyncio.to_thread(example.main, [*words, *given], tender.clock()) == 0
        return (folder / f"{words[0]}.out").read_bytes()

    numbers = {}
    for place, (model, vendor, algorithm) in enumerate(
        zip(MODELS, ("C01", "C02", "C03"), (None, None, "rsa-sha256"), strict=True)
    ):
        who, folder = bidder(place, vendor, algorithm), tmp_path / model
        folder.mkdir()
        _written(folder, who, platform)
        raw = await run(folder, "seal", model, str(folder / "content"), "--own", str(folder / "own.cer"))
        answer = await tender.deliver(hub, who, raw=raw, model=model)
        assert answer.status == 200, answer
        numbers[model] = answer.data["receiptNo"]
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert (told["state"], results(told)) == ("waiting", {numbers["any-one"]: "opened"})
    for model in MODELS[1:]:
        folder = tmp_path / model
        more = ("--encryption", f"file:{folder / 'encryption.pem'}", "--roots", str(folder / "roots.pem"))
        share = await run(folder, "bring", str(folder / "seal.out"), *more)
        assert (await hub.bids.bring("T01", numbers[model], share))["state"] == "taken"
    with pytest.raises(SystemExit):  # somebody else's envelope is for no key of this bidder
        await run(folder, "bring", str(tmp_path / "any-one/seal.out"), *more)
    assert results(await tender.opened(hub)) == dict.fromkeys(numbers.values(), "opened")
    for model, number in numbers.items():
        _, give = await hub.bids.content("T01", number)
        opened = await asyncio.to_thread(lambda give=give: b"".join(iter(give, b"")))
        assert opened == (tmp_path / model / "content").read_bytes()
    await hub.drain()
