"""Is this OFD signed by whom it says, in all its parts?

Every signature is judged, and all must hold: a file with one good signature and one forged is no good
file. For each: the value over Signature.xml, the digests Signature.xml lists, and what it does not list.
"""

from __future__ import annotations

from datetime import datetime

from certs.model.der import MalformedError
from certs.ofd import coverage
from certs.ofd.read import read_ofd
from certs.ofd.structure import Document, File, FileSignature
from certs.ofd.value import judge_value, seal_inside
from certs.seal.files import SEAL, Believed, form, together
from certs.seal.moments import as_moment
from certs.seal.read import LARGEST
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged


@judged
def verify_ofd(
    data: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    stamps: Trust | None = None,
    makers: Trust | None = None,
) -> Verdict:
    """Judge all signatures of an OFD. `stamps` is whom to believe about time, `makers` about seals, if
    others than `trust`.

    Facts of the second signature end in ".2", and so on.
    """
    file, moment = read_ofd(bytes(data)), as_moment(at)
    said = Judgement(moment)
    faults = [Reason("container", "", fault) for fault in file.container.faults]
    faults += [Reason("container", path, "a signature that is not listed") for path in _stray(file)]
    if faults:
        said.failed("container", *faults)
    else:
        said.passed("container", evidence=f"{len(file.container.entries)} parts")
    said.forgiven += [Reason("encoding", "container", note) for note in file.notes]
    pages = [path for one in file.documents for _, path in one.pages if path not in file.container.entries]
    if pages:
        said.failed("parts", *(Reason("part-missing", path) for path in pages[:20]))
    digests, whom = coverage.Digests(file), Believed(trust, stamps, makers)
    verdicts: list[Verdict] = []
    for document in file.documents:
        verdicts += _document(file, document, digests, whom, moment)
    return together(said, verdicts)


def _stray(file: File) -> list[str]:
    """Signatures taken off the list, which cannot be signed itself, while their parts stayed."""
    listed = {one.path for document in file.documents for one in document.signatures}
    return sorted(
        path for path in file.container.entries
        if path.rpartition("/")[2] == "Signature.xml" and path not in listed
    )[:20]  # fmt: skip


def _document(
    file: File, document: Document, digests: coverage.Digests, whom: Believed, at: Moment
) -> list[Verdict]:
    values = [_value(file, one) for one in document.signatures]
    fitting = [_seal_fits(file, one, value) for one, value in zip(document.signatures, values, strict=True)]
    return [
        _signature(file, document, number, values[number], fitting, digests, whom, at)
        for number in range(len(document.signatures))
    ]


def _value(file: File, one: FileSignature) -> bytes | None:
    try:
        return None if one.fault else file.container.part(one.value_path, LARGEST)
    except MalformedError:
        return None


def _seal_fits(file: File, one: FileSignature, value: bytes | None) -> bool:
    """Is the part called a seal the one inside the value?"""
    if value is None or not one.seal_path or one.seal_path not in file.container.entries:
        return False
    try:
        return file.container.part(one.seal_path, LARGEST) == seal_inside(value)
    except MalformedError:
        return False


@judged
def _signature(
    file: File,
    document: Document,
    number: int,
    value: bytes | None,
    fitting: list[bool],
    digests: coverage.Digests,
    whom: Believed,
    at: Moment,
) -> Verdict:
    """One signature: its value, the parts it lists, and those it does not."""
    one = document.signatures[number]
    said = Judgement(at)
    if one.fault:
        said.failed("format", Reason("malformed", f"signature {one.number}", one.fault))
        return said.verdict()
    inner = Verdict(False, [Reason("part-missing", one.value_path)])
    if value is not None:
        inner = judge_value(value, one, whom, at)
        if form(value) not in ("", one.kind):
            said.forgiven.append(Reason("encoding", one.path, f"called {one.kind[:32]!r}"))
    said.nested("signature", inner, at=one.value_path)
    said.moment = inner.moment or at
    _parts(file, one, fitting[number], digests, whom, said)
    open_parts = coverage.uncovered(file, document, number, fitting)
    if open_parts:
        said.failed("coverage", *coverage.coverage_faults(open_parts))
    else:
        said.passed(
            "coverage", evidence=f"{len(one.references)} of {len(file.container.entries)} parts listed"
        )
    said.facts |= dict(inner.facts) | _facts(document, one, open_parts)
    return said.verdict(chain=inner.chain, signer=inner.signer)


def _parts(
    file: File, one: FileSignature, fits: bool, digests: coverage.Digests, whom: Believed, said: Judgement
) -> None:
    faults = list(coverage.part_faults(file, one, digests, whom.refused_digests))
    if one.seal_path and one.seal_path not in file.container.entries:
        faults.append(Reason("part-missing", one.seal_path))
    elif one.seal_path and one.kind == SEAL and not fits:
        faults.append(Reason("digest", one.seal_path, "not the seal inside the value"))
    if faults:
        said.failed("parts", *faults[:100])
    else:
        said.passed("parts", evidence=f"{len(one.references)} × {one.digest}")


def _facts(document: Document, one: FileSignature, open_parts: list[str]) -> dict[str, str]:
    return {
        "signature": one.number[:64],
        "type": one.kind[:64],
        "check-method": one.digest[:64],
        "claimed-time": one.claimed,
        "provider": one.provider,
        "stamp-pages": coverage.shown(document, one),
        "stamp-box": f"{one.stamps[0].box[:40]} mm" if one.stamps else "",
        "pages": str(len(document.pages)),
        "not-covered": ", ".join(open_parts[:20])[:1_000],
    }
