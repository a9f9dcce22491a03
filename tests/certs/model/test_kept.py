"""What is remembered has a bound in bytes, and forgets what was not asked for longest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from certs.algorithms import public_keys, verification
from certs.model import certificate, crl, extensions
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.model.kept import Kept
from certs.model.write import element
from certs.testpki.issue import Authority, extension
from tests.certs.timestamp.world import NOW


def test_by_weight_the_longest_unused_leaves_first() -> None:
    made: list[bytes] = []

    def make(key: bytes) -> int:
        made.append(key)
        return len(made)

    kept = Kept(make, len, 10)
    for key in (b"aaaa", b"bbbb", b"aaaa", b"cccc"):
        kept(key)
    assert made == [b"aaaa", b"bbbb", b"cccc"]
    assert kept.weight == 8
    kept(b"aaaa")
    assert made[-1] == b"cccc"
    kept(b"bbbb")
    assert made[-1] == b"bbbb"


def test_what_is_heavier_than_the_bound_is_made_but_not_kept() -> None:
    kept = Kept[bytes, int](len, len, 10)
    kept(b"aaaa")
    assert [kept(b"x" * 11), kept(b"x" * 11), kept.weight] == [11, 11, 4]


def test_what_is_raised_is_not_remembered() -> None:
    kept = Kept(crl.read_crl, len, 1000)
    for _ in range(2):
        with pytest.raises(MalformedError):
            kept(b"0")
    assert kept.weight == 0


def test_threads_agree_about_the_weight() -> None:
    kept = Kept[bytes, int](len, len, 50)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(kept, [bytes(at % 20) for at in range(2000)])) == [at % 20 for at in range(2000)]
    assert kept.weight == sum(map(len, kept._values)) <= 50


def test_large_things_of_strangers_are_not_remembered() -> None:
    """A certificate, an extension, a key, a signed text: each may be large; what is kept is small."""
    root = Authority.root("沙箱根", now=NOW)
    caches = (certificate._kept, extensions._kept_one, public_keys._kept, verification._holds_small)
    for cache in caches:
        cache.cache_clear()
    padded = root.issue(
        "甲", extensions=[extension("2.5.29.17", element(0x30, element(0x82, b"a" * 60_000)))]
    )
    view = read_certificate(padded.certificate)
    assert view.extensions.subject_names is not None
    assert certificate._kept.cache_info().currsize == 0
    found = verification.fault(
        view.signed, view.algorithm, view.signature, read_certificate(root.key.certificate).key, remember=True
    )
    assert found is None
    assert verification._holds_small.cache_info().currsize == 0
    assert verification._holds_large.weight >= len(view.signed)


def test_messages_are_not_remembered() -> None:
    root = Authority.root("沙箱根", now=NOW)
    view = read_certificate(root.key.certificate)
    verification._holds_small.cache_clear()
    assert verification.fault(b"m", view.algorithm, root.key.sign(b"m"), view.key) is None
    assert verification._holds_small.cache_info().currsize == 0
