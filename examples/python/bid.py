"""A bid sealed for the platform, for both, or for its bidder alone; and what is brought to the opening.

    bid.py seal MODEL CONTENT --platform CER --own CER --signing KEY --out bid.env
    bid.py bring bid.env --platform CER --encryption KEY --signing KEY --roots PEM --out part

`MODEL`: `any-one` (the platform or the bidder), `all-of` (only both together), `bidder-key` (the bidder
alone, who brings the key). `CER` of the platform is `bids` of `GET /v1/ca/platform`. `KEY` is a line of
`certs.keys`: `file:/k.pem`, `pkcs11:token=…`, `sdf:…`; the private key stays where it is.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from certs.envelope import open_key, open_share, seal_envelope
from certs.keys.certificates import split
from certs.keys.opening import open_key as open_device
from certs.keys.port import DecryptionKey, SigningKey
from certs.trust import Revocation, Trust

BOTH, EITHER, ALONE = "all-of", "any-one", "bidder-key"


def seal(
    model: str, content: bytes, platform: bytes, own: bytes, signing: SigningKey, now: datetime
) -> bytes:
    """The file of the bid, signed outside. Who may open it is settled here, by whom the key is sealed to."""
    if model == ALONE:
        return seal_envelope(content, [own], signing, trust=None, at=now)
    to = [platform, own]
    return seal_envelope(
        content, to, signing, trust=None, at=now, model="all-of" if model == BOTH else "any-of"
    )


def bring(
    bid: bytes, platform: bytes, encryption: DecryptionKey, signing: SigningKey, trust: Trust, now: datetime
) -> bytes:
    """What `POST /v1/bids/shares` takes once the opening has begun, sealed to the platform: the bidder's part
    of an `all-of` bid, the whole key of a `bidder-key` one. An `any-one` bid needs nothing."""
    part = open_share(bid, encryption, trust=trust, at=now)
    found = part if part.share is not None else open_key(bid, encryption, trust=trust, at=now)
    if found.share is None:
        raise SystemExit(found.verdict.sentence())
    return seal_envelope(found.share.written(), [platform], signing, trust=None, at=now)


def main(words: list[str], now: datetime | None = None) -> int:
    asked = _asked(words)
    now, platform = now or datetime.now(UTC), _certificate(asked.platform)
    signing = open_device(asked.signing, realm=asked.realm)
    try:
        if asked.verb == "seal":
            made = seal(asked.model, asked.file.read_bytes(), platform, _certificate(asked.own), signing, now)
        else:
            trust = Trust(tuple(split(asked.roots.read_bytes())), Revocation.IGNORED)  # it is one's own
            encryption = open_device(asked.encryption, realm=asked.realm)
            try:
                made = bring(asked.file.read_bytes(), platform, encryption, signing, trust, now)
            finally:
                encryption.close()
    finally:
        signing.close()
    asked.out.write_bytes(made)
    return 0


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    sealing, bringing = verbs.add_parser("seal"), verbs.add_parser("bring")
    sealing.add_argument("model", choices=(EITHER, BOTH, ALONE))
    sealing.add_argument("--own", type=Path, required=True)
    bringing.add_argument("--encryption", required=True)
    bringing.add_argument("--roots", type=Path, required=True)
    for verb in (sealing, bringing):
        verb.add_argument("file", type=Path)
        verb.add_argument("--platform", type=Path, required=True)
        verb.add_argument("--signing", required=True)
        verb.add_argument("--out", type=Path, required=True)
        verb.add_argument("--realm", default="production")
    return parser.parse_args(words)


def _certificate(path: Path) -> bytes:
    """PEM or DER."""
    raw = path.read_bytes()
    return split(raw)[0] if b"-----BEGIN" in raw else raw


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
