"""OpenSSL, through pyOpenSSL, sees the sandbox as we do: sound chains, lists, and most defects of paths."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from OpenSSL import crypto

from certs.testpki import World
from certs.testpki.defects import DEFECTS, Exhibit

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)
# Where we ask for more than it does unless told: purpose by key usage, policies, deltas, SHA-1 being too
# weak, a bound on names, and that nothing follows the certificate.
NOT_ITS_OWN = {"key-usage", "extended-key-usage", "policy", "policy-mapping", "frozen-by-delta",
               "algorithm-weak", "too-many-names", "malformed"}  # fmt: skip


def loaded(raw: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, raw)


def accepts(shown: Exhibit) -> bool:
    store = crypto.X509Store()
    store.set_time(shown.now.replace(tzinfo=None))
    for anchor in shown.anchors:
        store.add_cert(loaded(anchor))
    if shown.crls is not None:
        for crl in shown.crls:
            store.add_crl(x509.load_der_x509_crl(crl))
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)
    try:
        above = [loaded(one) for one in shown.above]
        crypto.X509StoreContext(store, loaded(shown.certificate), above).verify_certificate()
    except (crypto.X509StoreContextError, crypto.Error):
        return False
    return True


@pytest.mark.parametrize(
    ("vendor", "algorithm"), [(one.id, each) for one in WORLD.vendors.values() for each in one.algorithms]
)
def test_chains_and_lists(vendor: str, algorithm: str) -> None:
    ca = WORLD.vendors[vendor]
    for holder, good in (("builder", True), ("zhang", True), ("frozen", False), ("revoked", False)):
        for key in (ca.signer(holder, algorithm), ca.encrypter(holder, algorithm)):
            shown = Exhibit(key.certificate, ca.intermediates, ca.anchors, NOW, crls=ca.crls())
            assert accepts(shown) == good


@pytest.mark.parametrize("name", [one for one, row in DEFECTS.items() if row.about in ("path", "revocation")])
def test_defects(name: str) -> None:
    defect = WORLD.defect(name)
    assert accepts(defect.good)
    if name not in NOT_ITS_OWN:
        assert not accepts(defect.bad)
