"""PDFs for tests: one page with a line of text, signed by pyHanko itself or with a value of ours."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from asn1crypto import keys, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers import cms_embedder
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.keys.held import HeldKey


def plain() -> bytes:
    writer = PdfFileWriter()
    stream = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf 50 700 Td (Award notice) Tj ET")
    )
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    writer.insert_page(PageObject(contents=stream, media_box=box))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def with_value(
    pdf: bytes,
    value: Callable[[bytes], bytes],
    *,
    kind: str = "/adbe.pkcs7.detached",
    name: str = "Sig1",
    size: int = 20_000,
    docmdp: fields.MDPPerm | None = None,
) -> bytes:
    """One more signature, whose value is made out of the covered bytes."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    steps = cms_embedder.PdfCMSEmbedder().write_cms(name, writer)
    next(steps)
    body: Any = signers.PdfSignedData(obj_type=generic.pdf_name("/Sig"), bytes_reserved=size)
    body[generic.pdf_name("/SubFilter")] = generic.pdf_name(kind)
    body[generic.pdf_name("/Filter")] = generic.pdf_name("/Adobe.PPKLite")
    mdp = (
        None
        if docmdp is None
        else cms_embedder.SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=docmdp)
    )
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=body, mdp_setup=mdp))
    _, out = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256", in_place=True))
    data = bytes(out.getbuffer())
    gap = data.index(b"<" + b"0" * 1_000)
    end = data.index(b">", gap) + 1
    made = value(data[:gap] + data[end:]).hex().encode()
    return data[: gap + 1] + made.ljust(end - gap - 2, b"0") + data[end - 1 :]


def by_pyhanko(pdf: bytes, key: HeldKey, *, name: str = "Sig1", pades: bool = False) -> bytes:
    """The whole of it done by pyHanko (RSA, ECDSA)."""
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(one) for one in key.chain])
    signer = signers.SimpleSigner(
        x509.Certificate.load(key.certificate), keys.PrivateKeyInfo.load(key.private), store
    )
    kind = fields.SigSeedSubFilter.PADES if pades else fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    meta = signers.PdfSignatureMetadata(field_name=name, md_algorithm="sha256", subfilter=kind)
    out = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), meta, signer)
    return bytes(out.getbuffer())


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """An unsigned update after the end."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
