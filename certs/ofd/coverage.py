"""What a signature of an OFD covers, and what it leaves open.

A signature lists parts and digests. What is not listed can be changed without breaking it, so every part
of the container must be listed, except what cannot be: the list of signatures, the signature's own parts,
and the parts of signatures that came later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from certs.cms.schemes import content_digest
from certs.model.der import MalformedError
from certs.ofd.structure import Document, File, FileSignature
from certs.verdict import Reason

_KNOWN = frozenset(("md5", "sha1", "sha256", "sha384", "sha512", "sm3"))
_TOLD = 20


class Digests:
    """Digests of parts, each computed once however many signatures list it."""

    __slots__ = ("_file", "_found")

    def __init__(self, file: File) -> None:
        self._file = file
        self._found: dict[tuple[str, str], bytes] = {}

    def of(self, path: str, algorithm: str) -> bytes:
        key = (path, algorithm)
        if key not in self._found:
            self._found[key] = content_digest(algorithm, self._file.container.part(path))
        return self._found[key]


def part_faults(
    file: File, one: FileSignature, digests: Digests, refused: frozenset[str]
) -> Iterator[Reason]:
    """Every listed part must be there, once, with the digest stated, by a digest that means something."""
    if one.digest not in _KNOWN:
        yield Reason("algorithm-unknown", one.path, one.digest[:64])
        return
    if one.digest in refused:
        yield Reason("algorithm-weak", one.path, one.digest)
    seen: set[str] = set()
    for reference in one.references:
        if reference.path in seen:
            yield Reason("container", reference.path, "listed twice")
        seen.add(reference.path)
        if reference.path not in file.container.entries:
            yield Reason("part-missing", reference.path)
            continue
        try:
            found = digests.of(reference.path, one.digest)
        except MalformedError as error:
            yield Reason("container", reference.path, str(error))
            continue
        if found != reference.value:
            yield Reason("digest", reference.path, f"{one.digest}:{found.hex()}")


def own_parts(one: FileSignature, seal_fits: bool) -> set[str]:
    """The parts of a signature itself. Its seal counts only if it is the one inside the value: else any
    part could be called a seal to escape."""
    return {one.path, one.value_path} | ({one.seal_path} if seal_fits and one.seal_path else set())


def uncovered(
    file: File, document: Document, at: int, fitting: Sequence[bool]
) -> list[str]:  # fmt: skip
    """Parts that signature number `at` of this document leaves open."""
    listed = {reference.path for reference in document.signatures[at].references}
    exempt = {one.list_path for one in file.documents}
    for later in range(at, len(document.signatures)):
        exempt |= own_parts(document.signatures[later], fitting[later])
    return sorted(path for path in file.container.entries if path not in listed and path not in exempt)


def coverage_faults(paths: Sequence[str]) -> list[Reason]:
    out = [Reason("not-covered", path) for path in paths[:_TOLD]]
    if len(paths) > _TOLD:
        out.append(Reason("not-covered", "", f"and {len(paths) - _TOLD} more"))
    return out


def shown(document: Document, one: FileSignature) -> str:
    """On which pages the seal is shown, by number; "?" for pages the document does not have."""
    order = {identifier: str(at) for at, (identifier, _) in enumerate(document.pages, 1)}
    return ", ".join(dict.fromkeys(order.get(stamp.page, "?") for stamp in one.stamps))[:200]
