"""A trust list as frozen values: whom the centre admits, for what, from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from certs.model.certificate import Certificate
from certs.subject.rules import Rule
from certs.trust import Admission, Revocation, Trust
from certs.verdict import Verdict

if TYPE_CHECKING:
    from certs.trustlist.sequence import Sequence as Newest

UNTIL_EXPIRY, UNTIL_DATE, NEVER = "until-expiry", "until", "none"
TOKEN, TOKENLESS = "token", "tokenless"
LISTED, ANY_BELOW = "listed", "any"


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin`, which is inside, to `end`, which is not."""

    begin: datetime
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return self.begin <= moment and not self.over(moment)

    def over(self, moment: datetime) -> bool:
        return self.end is not None and moment >= self.end

    def __str__(self) -> str:
        return f"{self.begin.isoformat()} – {'…' if self.end is None else self.end.isoformat()}"


@dataclass(frozen=True, slots=True)
class Grandfathering:
    """What becomes of certificates issued before an admission ended. `none` is for a CA that is no longer
    believed at all: it might have dated back."""

    rule: str
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AdmittedAlgorithm:
    """A name as in `sm2-sm3`, `rsa-sha256`; the shortest key; and how long it may be used."""

    name: str
    bits: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedCa:
    """One CA. `id` is its alias in SOF (`CA001@CA002`). Without a root of its own, its intermediates are
    what is believed: a national root stands above many. `subordinates`: `listed` refuses CAs below the
    root that are not themselves listed."""

    id: str
    zh: str
    en: str
    licence: str
    roots: tuple[bytes, ...] = field(repr=False)
    intermediates: tuple[bytes, ...] = field(repr=False)
    subordinates: str
    algorithms: tuple[AdmittedAlgorithm, ...]
    sectors: Mapping[str, Period]
    period: Period
    grandfathering: Grandfathering
    assurance: str
    media: frozenset[str]
    quirks: frozenset[str]
    ocsp: tuple[str, ...] = ()
    crls: tuple[str, ...] = ()
    identity: tuple[Rule, ...] = field(default=(), repr=False)
    contact: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        return self.roots or self.intermediates

    @property
    def certificates(self) -> frozenset[bytes]:
        return frozenset((*self.roots, *self.intermediates))


@dataclass(frozen=True, slots=True)
class Peer:
    """Another province: whose signature its list carries, and what its words mean here. `sectors` and
    `assurances` lead from theirs to ours; what is not mapped is not recognised."""

    region: str
    zh: str
    en: str
    signers: tuple[bytes, ...] = field(repr=False)
    same_architecture: bool
    basis: str
    period: Period
    sectors: Mapping[str, str]
    assurances: Mapping[str, str]
    location: str = ""
    # The system that speaks for their platform here: asked about their CAs, heard when it tells of them.
    system: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A CA found: on which list, and through which peer (None: on our own)."""

    ca: AdmittedCa
    listed_by: TrustList
    peer: Peer | None = None


class Beside(Admission, Protocol):
    """Others who have a say about a chain, and can only speak against it."""

    def moments(self, chain: Sequence[Certificate]) -> Sequence[datetime]:
        """When what it says of this chain becomes another: answers are kept until then."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TrustList:
    """What `read` gives when nothing is wrong. `joined` are lists of peers, by region."""

    region: str
    zh: str
    en: str
    sequence: int
    issued: datetime
    next_update: datetime
    sectors: tuple[str, ...]
    assurances: tuple[str, ...]
    cas: tuple[AdmittedCa, ...]
    peers: tuple[Peer, ...]
    digest: str
    joined: Mapping[str, TrustList] = field(default_factory=dict, repr=False)
    besides: tuple[Beside, ...] = field(default=(), repr=False)
    _own: dict[bytes, Member] = field(init=False, repr=False)
    _theirs: dict[bytes, Member] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Asked at every signature: made once. Of several, the first counts.
        for own, name in ((True, "_own"), (False, "_theirs")):
            members = [one for one in reversed(self.members) if (one.peer is None) is own]
            held = {raw: one for one in members for raw in one.ca.certificates}
            object.__setattr__(self, name, held)

    @classmethod
    def read(
        cls, data: bytes, *, signers: Sequence[bytes], at: datetime, newest_known: Newest | None = None
    ) -> TrustList | Verdict:
        """The list, or why it is not used. `signers` are the centre's certificates, pinned. Never raises."""
        from certs.trustlist.examining import examine

        found = examine(data, signers=signers, at=at, newest_known=newest_known)
        return found.verdict if found.trust_list is None else found.trust_list

    @property
    def aliases(self) -> str:
        """As SOF_GetCertTrustListAltNames answers."""
        return "@".join(ca.id for ca in self.cas)

    @property
    def size(self) -> int:
        """How many certificates it names, with those of joined lists."""
        return sum(len(one.ca.roots) + len(one.ca.intermediates) for one in self.members)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """All it names, with those of joined lists, each once."""
        named = (raw for one in self.members for raw in (*one.ca.anchors, *one.ca.intermediates))
        return tuple(dict.fromkeys(named))

    def get(self, alias: str) -> AdmittedCa | None:
        return next((ca for ca in self.cas if ca.id == alias), None)

    @property
    def members(self) -> tuple[Member, ...]:
        """Our own first, then those of each peer whose list has been joined."""
        own = [Member(ca, self) for ca in self.cas]
        peers = {peer.region: peer for peer in self.peers}
        theirs = [Member(ca, one, peers[region]) for region, one in self.joined.items() for ca in one.cas]
        return (*own, *theirs)

    def member(self, chain: Sequence[Certificate]) -> Member | None:
        """Who stands behind a chain (anchor first): the listed certificate nearest to its end counts, and
        our own list before any other, so that nobody we removed comes back through a neighbour."""
        for held in (self._own, self._theirs):
            for one in reversed(chain):
                if one.raw in held:
                    return held[one.raw]
        return None

    def trust(
        self,
        *,
        revocation: Revocation,
        sector: str | None = None,
        medium: str | None = None,
        crls: Sequence[bytes] = (),
        ocsp: Sequence[bytes] = (),
    ) -> Trust:
        """This list as what `certs.trust` asks for; whether revocation counts has to be said."""
        from certs.trustlist.admission import ListAdmission

        members = self.members
        return Trust(
            tuple(dict.fromkeys(raw for one in members for raw in one.ca.anchors)),
            revocation,
            tuple(dict.fromkeys(raw for one in members for raw in one.ca.intermediates)),
            tuple(crls),
            tuple(ocsp),
            admission=ListAdmission(self, sector, medium),
        )
