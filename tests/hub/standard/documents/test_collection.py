"""The signing script under Node: standard vectors, our own Python, and a running hub that must accept it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from certs.algorithms.digest import digest, mac
from hub.keyring import make_demo_keys
from hub.message import Key, canonical, parse, verify, verify_request
from hub.standard.documents.render import asset

TARGET, POSTED = "/v1/messages?from=T01&msgId=a%20b", '{"a":"兰"}'
NAMES = {"base", "realm", "system", "keyId", "secret", "msgId", "hubId"}


def node() -> str:
    found = shutil.which("node")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no Node, and CI must have one")
        pytest.skip("no Node on this machine")
    return found


def run(script: str, given: object) -> object:
    """Run `script` after sign.js; `given` is its input, the value it prints is returned."""
    program = asset("sign.js").decode() + f"\nvar given = {json.dumps(given)};\n{script}\n"
    done = subprocess.run([node(), "-"], input=program.encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_sm3_and_its_hmac_against_the_standard_and_our_own():
    assert run("console.log(JSON.stringify(hutong.hex(hutong.sm3(hutong.utf8('abc')))))", None) == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    chance = random.Random(5)
    inputs = [chance.randbytes(n) for n in [*range(130), 200, 1000, 5000]]
    keys = [chance.randbytes(1 + n) for n in range(len(inputs))]
    script = """console.log(JSON.stringify(given.map(function (pair) {
      var key = hutong.unbase64(pair[0]), data = hutong.unbase64(pair[1]);
      return [hutong.hex(hutong.sm3(data)), hutong.hex(hutong.hmac(key, data)), hutong.base64(data)];
    })))"""
    texts = [(b64encode(k).decode(), b64encode(d).decode()) for k, d in zip(keys, inputs, strict=True)]
    for (told, tag, text), key, data in zip(run(script, texts), keys, inputs, strict=True):
        assert told == digest(data).hex() and tag == mac(data, key).hex()
        assert text == b64encode(data).decode()
    if "sm3" in hashlib.algorithms_available:
        assert hmac.new(keys[70], inputs[70], "sm3").digest() == mac(inputs[70], keys[70])


AWKWARD = ["", "兰州\U0002070e\U0001f600", 'tab\t newline\n quote" \\ / \x7f \u2028 \x1f', "é", "]]>", "0010"]


def test_canonical_bytes_are_those_of_the_hub(standard):
    values = [standard.sample(stage.id, 3) for stage in standard.stages]
    values += [{"b": one, "a": [1, True, None, {"z": one, "A": -5}]} for one in AWKWARD]
    made = run("console.log(JSON.stringify(given.map(hutong.canonical)))", values)
    assert made == [canonical(value).decode() for value in values]


def test_what_the_script_signs_the_hub_verifies(standard):
    key = Key("T01-1", "T01", "hmac-sm3", b"0123456789abcdef-\xff\x00")
    script = """console.log(JSON.stringify([
      hutong.sign(given.envelope, "T01-1", given.secret, new Date(given.now), Math.random),
      hutong.headers("get", given.target, "T01-1", given.secret, "", new Date(given.now), Math.random),
      hutong.headers("POST", "/v1/x", "T01-1", given.secret, given.body, new Date(given.now), Math.random)
    ]))"""
    given = {
        "envelope": standard.sample("eng-candidate-publicity", 4),
        "now": 1795312800000,
        "target": TARGET,
        "body": POSTED,
        "secret": b64encode(key.secret).decode(),
    }
    signed, get, post = run(script, given)
    assert verify(signed, {"T01-1": key}.get) == []
    at = datetime.fromisoformat(signed["head"]["time"])
    assert at == datetime.fromtimestamp(1795312800, UTC) and signed["body"] == given["envelope"]["body"]
    changed = {**signed, "body": {**signed["body"], "version": 2}}
    assert verify(changed, {"T01-1": key}.get)[0].code == "auth.signature"
    assert verify_request("GET", TARGET, get, {"T01-1": key}.get)[0] == key
    body = f"sm3:{digest(POSTED.encode()).hex()}"
    assert verify_request("POST", "/v1/x", post, {"T01-1": key}.get, body_digest=body)[0] == key


def requests(items):
    for item in items:
        if "item" in item:
            yield from requests(item["item"])
        else:
            yield item


@pytest.fixture(scope="module")
def collection(built):
    return json.loads((built / "files/hutong.postman_collection.json").read_text("utf-8"))


def test_the_collection_holds_every_stage_and_every_service(standard, collection):
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert {one["key"] for one in collection["variable"]} == NAMES
    every = list(requests(collection["item"]))
    bodies = [json.loads(one["request"]["body"]["raw"]) for one in every if "body" in one["request"]]
    stages = {one["head"]["stage"] for one in bodies if "stage" in one["head"]}
    services = {one["head"]["msgType"] for one in bodies if "stage" not in one["head"]}
    assert stages == set(standard.by_id)
    assert services == {name for name, one in standard.services.items() if one.body == "service"}
    assert all(one["request"]["url"]["raw"].startswith("{{base}}/v1/") for one in every)
    assert all(parse(json.dumps(body).encode()).findings == () for body in bodies)


POSTMAN = """
var vars = given.vars, sent = { headers: {}, body: given.request.body ? given.request.body.raw : "" };
var fill = function (text) {
  return text.replace(/{{(\\w+)}}/g, function (all, name) { return vars[name]; });
};
var pm = {
  variables: { get: function (name) { return vars[name]; }, replaceIn: fill },
  request: {
    method: given.request.method,
    url: { toString: function () { return given.request.url.raw; } },
    body: given.request.body && {
      raw: given.request.body.raw,
      update: function (body) { sent.body = body.raw; }
    },
    headers: { upsert: function (one) { sent.headers[one.key] = one.value; } }
  }
};
new Function("pm", given.script)(pm);
console.log(JSON.stringify({ url: fill(given.request.url.raw), method: given.request.method, sent: sent }));
"""


def send(collection, item, **values):
    """Run the pre-request script as Postman does, then send what it made."""
    given = {"request": item["request"], "script": "\n".join(collection["event"][0]["script"]["exec"]),
             "vars": {one["key"]: one["value"] for one in collection["variable"]} | values}  # fmt: skip
    made = run(POSTMAN, given)
    url = urlsplit(made["url"])
    line = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    target = url.path + (f"?{url.query}" if url.query else "")
    body = made["sent"]["body"].encode()
    headers = {one["key"]: one["value"] for one in item["request"]["header"]} | made["sent"]["headers"]
    line.request(made["method"], target, body if made["method"] == "POST" else None, headers)
    reply = line.getresponse()
    told = json.loads(reply.read())
    line.close()
    return reply.status, told


@pytest.mark.e2e
def test_a_running_hub_accepts_what_the_collection_sends(tmp_path, collection):
    data = tmp_path / "hub"
    make_demo_keys(data / "keys", ["P01", "D01", "centre"], random.Random(1))
    keys = [json.loads(path.read_text()) for path in sorted((data / "keys").glob("*.json"))]
    mine = next(one for one in keys if one["owner"] == "P01" and one["alg"] == "hmac-sm3")
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli.main", "serve", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        base = json.loads(process.stdout.readline())["url"]
        given = {"base": base, "system": "P01", "keyId": mine["keyId"], "secret": mine["secret"]}
        every = {one["name"].split()[-1]: one for one in requests(collection["item"])}
        status, told = send(collection, every["eng-project"], msgId="pm-1", **given)
        assert (status, told["code"], told["receipt"]["receiptState"]) == (202, "0000", "accepted"), told
        again, same = send(collection, every["eng-project"], msgId="pm-1", **given)
        assert again == 200 and same["receipt"] == told["receipt"], "one number, one receipt"
        status, trace = send(collection, every["报文全程"], hubId=told["hubId"], **given)
        assert status == 200 and trace["msgId"] == "pm-1"
        status, found = send(collection, every["按报文号查询"], msgId="pm-1", **given)
        assert status == 200 and found["hubId"] == told["hubId"]
        status, refused = send(
            collection, every["eng-project"], msgId="pm-2", **{**given, "secret": "AAAA" * 11}
        )
        assert (status, refused["code"]) == (401, "auth.signature")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
