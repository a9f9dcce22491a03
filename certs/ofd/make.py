"""Making small but real OFD files, and sealing or signing them, for simulators and test worlds."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

from certs.cms import sign
from certs.cms.schemes import content_digest
from certs.keys.port import SigningKey
from certs.ofd.writing import list_part, part, signature_part
from certs.seal.files import SEAL, SIGN
from certs.seal.make import ALGORITHMS, sign_with_seal

_LIST = "Doc_0/Signs/Signatures.xml"


def make_ofd(*pages: str, more: Mapping[str, bytes] | None = None) -> bytes:
    """A4 pages with one line of text each; `more` are further parts by path."""
    rows = "".join(
        f'<ofd:Page ID="{at + 10}" BaseLoc="Pages/Page_{at}/Content.xml"/>' for at in range(len(pages))
    )
    parts = {
        "OFD.xml": part(
            "OFD", "<ofd:DocBody><ofd:DocInfo><ofd:DocID>00000000000000000000000000000001</ofd:DocID>"
            "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
            'Version="1.0" DocType="OFD"',
        ),
        "Doc_0/Document.xml": part(
            "Document", "<ofd:CommonData><ofd:MaxUnitID>900</ofd:MaxUnitID><ofd:PageArea>"
            "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
            f"<ofd:Pages>{rows}</ofd:Pages>",
        ),
        "Doc_0/PublicRes.xml": part(
            "Res", '<ofd:Fonts><ofd:Font ID="2" FontName="宋体" FamilyName="宋体"/></ofd:Fonts>',
            'BaseLoc="Res"',
        ),
    }  # fmt: skip
    for at, line in enumerate(pages):
        parts[f"Doc_0/Pages/Page_{at}/Content.xml"] = _page(at, line)
    return pack({**parts, **(more or {})})


def seal_ofd(
    ofd: bytes,
    seal: bytes,
    key: SigningKey,
    *,
    time: datetime,
    pages: Sequence[int] = (0,),
    method: str = "1.2.156.10197.1.401",
    digest: str = "sm3",
    leave: Iterable[str] = (),
    sealing: Callable[..., bytes] = sign_with_seal,
) -> bytes:
    """The file with one more signature, of type Seal, over everything but what is to be left (`leave`).

    `sealing` makes the value out of (seal, key, digest, time); another one can add a stamp, or get it wrong.
    """
    xml, parts, folder = _prepared(ofd, SEAL, key, time, pages, method, digest, leave, seal)
    parts[f"{folder}/SignedValue.dat"] = sealing(seal, key, content_digest("sm3", xml), time)
    return pack(parts)


def sign_ofd(
    ofd: bytes,
    key: SigningKey,
    *,
    time: datetime,
    method: str = "1.2.156.10197.1.401",
    digest: str = "sm3",
    leave: Iterable[str] = (),
    signing: Callable[[bytes, SigningKey], bytes] | None = None,
) -> bytes:
    """The same with a signature of type Sign: detached signed data of GB/T 35275, unless `signing`
    makes another value out of (Signature.xml, key)."""
    xml, parts, folder = _prepared(ofd, SIGN, key, time, (), method, digest, leave, None)
    value = sign(xml, key, detached=True, time=time) if signing is None else signing(xml, key)
    parts[f"{folder}/SignedValue.dat"] = value
    return pack(parts)


def unpack(ofd: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(ofd)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(parts: Mapping[str, bytes]) -> bytes:
    """The same parts give the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _prepared(
    ofd: bytes, kind: str, key: SigningKey, time: datetime, pages: Sequence[int], method: str, digest: str,
    leave: Iterable[str], seal: bytes | None,
) -> tuple[bytes, dict[str, bytes], str]:  # fmt: skip
    """Signature.xml, all parts with it, and the folder of the new signature."""
    parts = unpack(ofd)
    number = sum(posixpath.basename(name) == "Signature.xml" for name in parts) + 1
    folder = f"Doc_0/Signs/Sign_{number - 1}"
    _enter(parts, number, kind, folder)
    if seal is not None:
        parts[f"{folder}/Seal.esl"] = seal
    left = {_LIST, *leave}
    references = [
        (name, content_digest(digest, content)) for name, content in parts.items() if name not in left
    ]
    xml = signature_part(
        number, folder, references, algorithm=ALGORITHMS[key.algorithm], time=time, method=method,
        pages=[str(page + 10) for page in pages], seal=seal is not None,
    )  # fmt: skip
    parts[f"{folder}/Signature.xml"] = xml
    return xml, parts, folder


def _enter(parts: dict[str, bytes], number: int, kind: str, folder: str) -> None:
    """The new signature into the list, and the list into OFD.xml."""
    if _LIST in parts:
        row = f'<ofd:Signature ID="{number}" Type="{kind}" BaseLoc="/{folder}/Signature.xml"/>'
        parts[_LIST] = parts[_LIST].replace(b"</ofd:Signatures>", f"{row}</ofd:Signatures>".encode())
        return
    parts[_LIST] = list_part(number, kind, folder)
    entry = f"<ofd:Signatures>{_LIST}</ofd:Signatures></ofd:DocBody>".encode()
    parts["OFD.xml"] = parts["OFD.xml"].replace(b"</ofd:DocBody>", entry)


def _page(at: int, line: str) -> bytes:
    wide = " ".join(["6"] * max(len(line) - 1, 0))
    return part(
        "Page",
        f'<ofd:Content><ofd:Layer ID="{at * 10 + 100}"><ofd:TextObject ID="{at * 10 + 101}" '
        'Boundary="20 20 170 10" Font="2" Size="6">'
        f'<ofd:TextCode X="0" Y="6" DeltaX="{wide}">{escape(line)}</ofd:TextCode>'
        "</ofd:TextObject></ofd:Layer></ofd:Content>",
    )
