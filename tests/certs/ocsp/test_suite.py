"""OpenSSL's OCSP tests, read from beside the project."""

from __future__ import annotations

import base64
import json
import lzma
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import certs
from certs.model.ocsp import read_answer

SUITE = Path(__file__).parents[4] / "shared" / "pki" / "openssl_ocsp.json.xz"
PEM = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.*?)-----END", re.S)


def unpem(text: str) -> list[bytes]:
    return [base64.b64decode("".join(found.split())) for found in PEM.findall(text)]


@pytest.mark.parametrize("timed", [True, False])
def test_verdicts(timed: bool) -> None:
    """Within each answer's own time, and at the suite's clock without asking for time."""
    if not SUITE.exists():
        pytest.skip("outside suite openssl_ocsp is not beside the project (../shared/pki)")
    raw: dict[str, Any] = json.loads(lzma.decompress(SUITE.read_bytes()))
    blobs, missed = raw["blobs"], {}
    for case in raw["cases"]:
        start = case["base"].split(".")[0] + "_Cert_"
        leaf = next(unpem(text)[0] for name, text in blobs.items() if name.startswith(start))
        issuer, others = unpem(blobs[case["ca"]])[0], unpem(blobs[case["untrusted"]])
        response = base64.b64decode(blobs[case["response"]])
        at = datetime.fromtimestamp(case["time"], UTC)
        answer = read_answer(response)[1]
        if timed:
            assert answer is not None
            at = answer.singles[0].this_update + timedelta(hours=1)
        verdict = certs.check_ocsp(response, leaf, issuer, at=at, intermediates=others, check_time=timed)
        if verdict.ok != case["expect"]:
            missed[case["id"]] = list(map(str, verdict.reasons))
    assert len(raw["cases"]) == 58
    assert not missed
