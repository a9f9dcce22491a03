"""Defects of the CAs above a certificate: what a path shows that the certificate itself does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from certs.model import write as w
from certs.testpki.defects.bench import Bench, instead, name_of, plus
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.issue import Blank, basic_constraints, extension, key_usage

Both = tuple[Exhibit, Exhibit]
_BASIC, _USAGE = "2.5.29.19", "2.5.29.15"


def _of_ca(alter: Callable[[Blank], Blank]) -> Callable[[Bench], Both]:
    """A defect of the CA in the middle."""
    return lambda bench: (bench.hierarchy(), bench.hierarchy(middle=alter))


def _version(blank: Blank) -> Blank:
    return replace(blank, version=1, extensions=())


def _not_ca(blank: Blank) -> Blank:
    return instead(blank, _BASIC, basic_constraints(ca=False))


def _ca_usage(blank: Blank) -> Blank:
    return instead(blank, _USAGE, key_usage("digitalSignature", "cRLSign"))


def _path_length(bench: Bench) -> Both:
    def limit(blank: Blank) -> Blank:
        return instead(blank, _BASIC, basic_constraints(ca=True, path_length=0))

    return bench.hierarchy(), bench.hierarchy(root=limit)


def _only_under(organisation: str) -> Callable[[Blank], Blank]:
    """A name constraint: names that begin with this country and organisation."""
    base = name_of(("C", w.printable("CN")), ("O", w.utf8(organisation)))
    tree = w.sequence(w.explicit(0, w.sequence(w.explicit(4, base))))
    return lambda blank: plus(blank, extension("2.5.29.30", tree, critical=True))


def _constraints(bench: Bench) -> Both:
    return (
        bench.hierarchy(middle=_only_under(bench.holder.name)),
        bench.hierarchy(middle=_only_under(bench.stranger.name)),
    )


def _too_many(bench: Bench) -> Both:
    """A flood of names under a flood of constraints: work that is refused, not done."""
    hosts = [w.element(0x82, f"h{number}.sandbox.invalid".encode()) for number in range(1200)]
    trees = w.sequence(w.implicit(1, w.sequence(*(w.sequence(host) for host in hosts))))
    names = extension("2.5.29.17", w.sequence(*(w.element(0x82, b"x" + one[2:]) for one in hosts)))

    def middle(blank: Blank) -> Blank:
        return plus(blank, extension("2.5.29.30", trees, critical=True))

    return bench.hierarchy(middle=middle), bench.hierarchy(middle=middle, leaf=lambda b: plus(b, names))


def _policy(blank: Blank) -> Blank:
    explicit = w.sequence(w.element(0x80, b"\x00"))
    return plus(blank, extension("2.5.29.36", explicit, critical=True))


_ANY = w.oid("2.5.29.32.0")


def _policies(blank: Blank) -> Blank:
    return plus(blank, extension("2.5.29.32", w.sequence(w.sequence(_ANY))))


def _mapping(blank: Blank) -> Blank:
    mapped = w.sequence(w.sequence(_ANY, w.oid("2.25.2")))
    return plus(_policies(blank), extension("2.5.29.33", mapped, critical=True))


BUILD: dict[str, Callable[[Bench], Both]] = {
    "version": _of_ca(_version),
    "not-a-ca": _of_ca(_not_ca),
    "ca-key-usage": _of_ca(_ca_usage),
    "path-length": _path_length,
    "name-constraints": _constraints,
    "too-many-names": _too_many,
    "policy": _of_ca(_policy),
    "policy-mapping": _of_ca(_mapping),
}
