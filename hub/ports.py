"""What the hub needs from outside, as protocols; packages that fulfil them are found by entry point.

A dialect has two faces. Outward: we call a foreign system (`encode` our message, `decode` its
answer). Inward: a foreign system calls us (`accept` its request, `reply` with our answer). Codecs
are pure: clock, credentials, nonce and session are in the `Call`; bytes go to and from the wire in
transports. Files travel as references.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from hub.message import Finding

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request: `path` is relative to the peer's base address and holds the query.

    Where the wire is another, `method` names what is carried (`TCP`, `ROWS`, `FILES`, `STEPS`) and `headers`
    are words to the carrier that never go out (`adapters/transports/README.md`).
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class WireReply:
    """One HTTP answer as it came; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Kind(StrEnum):
    """What an answer means for the delivery, in the words of the papers' `expected.csv`."""

    DELIVERED = "delivered"
    DUPLICATE = "duplicate"  # the receiver had it already: as good as delivered
    REFUSED = "refused"  # it will never take this; dead letter with reason
    RETRY = "retry"  # not now, same key again later
    UNKNOWN = "unknown"  # it may have taken effect: ask or repeat with the same key


# The code of a RETRY that says: taken, not finished. The next attempt asks first, where the dialect can.
PENDING = "receiver.pending"
# `Incoming.op` of a provider that calls back: `message` is the service it replies to, `fields` are the reply
# with the key of the question (`hub/services/data/callbacks.csv`).
CALLBACK = "callback"


class Blame(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"
    HUB = "hub"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The meaning of a foreign answer: one row of the papers' table of expected results.

    `code` is stable English; `foreign` the receiver's own code and words, shortened; `data` what it
    told us (receipt numbers, reply fields of a service in unified names); `wait` the seconds it asked for
    before the next attempt, put there by the caller from the answer's head.
    """

    kind: Kind
    code: str
    blame: Blame | None = None
    foreign: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """A token or secret fetched from the peer, good until `expires`."""

    value: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """Everything an outward codec may know besides the message.

    `key` identifies the effect and is the same in every attempt; `nonce` is fresh in each.
    `credentials` are the strings named in the dialect's papers, resolved by the shell.
    """

    system: str
    variant: str
    credentials: Mapping[str, str]
    now: datetime
    nonce: str
    key: str
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be said: a record (`stage`) or a service request (`message` alone).

    `message` is the vocabulary name (`notice.publish`, `project.query`); `fields` are unified names
    and forms; `op` insert, update or delete; `sender` and `key` are `head.from` and `body.key`, from
    which papers make a receiver's own row key; `hub_id` our number for it; `envelope` the whole
    signed message as it came (for a foreign sender: as the hub unified it), for receivers that speak
    the native dialect.
    """

    message: str
    stage: str
    op: str
    version: int
    fields: Mapping[str, Any]
    ext: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()
    envelope: Mapping[str, Any] | None = None
    sender: str = ""
    key: str = ""
    hub_id: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A foreign call understood: the unified message without signature, or the findings why not.

    `op` of a record, or `CALLBACK`. `message_id` is the caller's own idempotency key. `authenticated` says
    the dialect's own proof (token, password digest, signature) held; the address list is the server's matter.
    `context` is whatever `reply` needs to answer in the caller's own form. `files` are the attachments of a
    record; one that came along has its octets in `data` (Base64), which the shell puts away.
    """

    message: str
    stage: str
    op: str
    key: str
    version: int
    message_id: str
    fields: Mapping[str, Any]
    ext: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    authenticated: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub says to any caller, before it is put in a dialect or a status line.

    `code` "0000" accepted, else a stable code; `status` the HTTP status of the native binding;
    `data` the receipt, or the reply fields of a service; `story` who gave those and how old they are.
    """

    status: int
    code: str
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    retry_after: int | None = None
    story: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Haul:
    """What one look at a table or a folder brought, in the order in which it is to be kept.

    `watermark` says from where to look next time: a position (row number, time of change), no business key,
    since it stands in the journal in clear. `more`: there was more than the limit.
    """

    items: tuple[Incoming, ...]
    watermark: str
    more: bool = False


class Bounds(Protocol):
    """Seconds for the whole exchange and for its connection; bytes of the answer."""

    @property
    def total(self) -> float: ...
    @property
    def connect(self) -> float: ...
    @property
    def answer(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one peer is, looked up and judged by the hub: a carrier goes to `addresses` and nowhere else.

    They are numeric, best first; none for a path on this machine. `tls` is there when the peer's row wants
    it, and checks the certificate against the name in `base`, whatever address is called.
    """

    system: str
    base: str
    addresses: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: SSLContext | None = field(default=None, repr=False)


class Carrier(Protocol):
    """Brings one request to one peer on a wire that is not HTTP; `methods` are what it can carry.

    What the other side *said* comes back as a WireReply, also a refusal, with the HTTP status nearest in
    meaning, so that the codec words it. Where nobody said anything it raises
    `hub.delivery.transport.TransportError`, `sent` False only if the request certainly had no effect.
    """

    methods: frozenset[str]

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply: ...
    async def close(self) -> None: ...


# A request to a named system by whatever carrier its address asks for; the same with the system fixed.
Onward = Callable[[str, WireRequest, Bounds], Awaitable[WireReply]]
Carry = Callable[[WireRequest], Awaitable[WireReply]]


class CarrierMaker(Protocol):
    """What the entry-point group `hutong.transports` holds, by scheme (or by method, in capitals).

    Raises `hub.errors.DriverMissingError`, saying what to install, where a library is not there.
    """

    def __call__(self, onward: Onward) -> Carrier: ...


class Plan(Protocol):
    """The schedule of one system (`hub.peers.Poll`)."""

    @property
    def every(self) -> float: ...
    @property
    def limit(self) -> int: ...
    @property
    def patience(self) -> float: ...
    @property
    def source(self) -> str: ...


class Poller(Protocol):
    """Looks at what a system lays down in a table or a folder; made by a dialect that polls.

    Looking changes nothing over there: the same watermark ("" at first) gives the same again, until the hub
    has it durably and asks from the next. Every item is `authenticated` and has a `message_id` that is
    the same whenever it is looked at, so that even a look that overlaps doubles nothing. Raises whatever
    it likes when it cannot look; it is asked again later.
    """

    async def next(self, watermark: str, limit: int) -> Haul: ...
    async def close(self) -> None: ...


@runtime_checkable
class Settles(Protocol):
    """A poller whose system wants to read the verdict where it laid the item down (flag, receipt file).

    `settle` comes after the items are durable, with each item and what was decided. It comes at least once: a
    crash between the two, or a failed `settle`, leaves the item over there as it was, so the next look must
    bring it again (look for what is *not yet settled*, not after a watermark); being known it gets its
    first answer again, and `settle` comes again. Leave unsettled what `Answer` only puts off (429, 5xx).
    """

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None: ...


@runtime_checkable
class Framed(Protocol):
    """A dialect whose callers say by the bytes themselves that a document over TCP is whole.

    Without it a document ends when the caller closes its half. `read` is all there is so far; it grows
    afterwards, so it must not be kept, and must be judged quickly: it is asked after every piece.
    """

    def whole(self, read: bytearray) -> bool: ...


@runtime_checkable
class Encloses(Protocol):
    """A dialect whose messages hold files themselves and not their digests alone.

    Before `encode` and `reply` the shell puts the octets of a file it has beside its digest, as `data`
    (Base64); what `accept` and `decode` give has them in the same place, until the shell has put them away.
    """

    def encloses(self, system: str, message: str, stage: str) -> int:
        """The most octets that all files of one such message may have together; 0 for none of them."""
        ...


@runtime_checkable
class Polls(Protocol):
    """A dialect whose systems do not call and cannot be called: they lay down, and the hub looks.

    `credentials` are the strings of the peer's papers; `source` names one of several tables or folders, as
    the schedule in `peers.toml` does; `carry` brings a request (`ROWS`, `FILES`) to the peer's place.
    """

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller: ...


class Dialect(Protocol):
    """One dialect family, both faces. No method does input or output or raises on foreign bytes.

    `encode` raises `hub.errors.SenderError` (code `mapping.*`) only for a message the dialect cannot
    carry. `login` is None where no session is needed (or `call.session` still holds); otherwise the
    request that fetches one, whose answer `session` reads (a Session, or the Outcome why not). An
    outcome with code `auth.expired` makes the shell log in once more. `ask` is the query by business key
    with which the hub finds out whether an attempt of unknown outcome took effect, or how far one that
    was taken and not finished (`PENDING`) has come; `asked` reads its answer: True, False, or None when it
    tells nothing, or an Outcome where the receiver says more: what became of it with its reply fields,
    PENDING, or in hand (UNKNOWN with a code of its own). It is None for receivers whose key makes
    repeating safe.
    """

    name: str

    def login(self, call: Call) -> WireRequest | None: ...
    def session(self, reply: WireReply, call: Call) -> Session | Outcome: ...
    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest: ...
    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome: ...
    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None: ...
    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | Outcome | None: ...
    def accept(self, request: WireRequest, call: Call) -> Incoming: ...
    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply: ...


@dataclass(frozen=True, slots=True)
class GatewayQuestion:
    """What a CA's gateway is asked about: values in our forms (DER certificates and signatures, octets).

    `operation`: certificate, raw, attached, detached, xml, timestamp (judged over there); sign-raw,
    sign-attached, sign-detached, sign-xml, encrypt, encrypt-bare, decrypt, decrypt-bare, stamp (done over
    there); server-certificate (`item` signing or encryption), info (`item` as the papers name it, like
    subject-cn). What `data` and `signature` are goes without
    saying; what is attached or XML is all in `signature`.
    """

    operation: str
    certificate: bytes = field(default=b"", repr=False)
    data: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    item: str = ""


@dataclass(frozen=True, slots=True)
class GatewayWord:
    """What came of it: `kind` answered, refused, retry or unknown; only the first says anything.

    `sof` is the outcome of a judgement as SOF_ValidateCert has it (1, -1 to -6), `reasons` codes of `certs`
    that it may stand for; `value` the octets or text of what was done or read. `code` is stable English,
    `error` the gateway's own number, `functions` what was called.
    """

    kind: str
    code: str
    sof: int | None = None
    reasons: tuple[str, ...] = ()
    value: bytes | str | None = field(default=None, repr=False)
    error: int | None = None
    functions: tuple[str, ...] = ()
    blame: Blame | None = None


GatewayTalk = Generator[WireRequest, WireReply, GatewayWord]


class Gateway(Protocol):
    """What speaks to CAs' gateways; found by the entry-point group `hutong.gateways`, no input or output.

    `ask` is one exchange: it gives the requests one after another, is sent their replies, and returns the
    word; it never raises on what comes from over there. `fresh`: is a yes one of this very moment?
    """

    def speaks(self, system: str) -> bool: ...
    def bounds(self, system: str) -> Bounds: ...
    def fresh(self, system: str) -> bool: ...
    def ask(
        self,
        system: str,
        question: GatewayQuestion,
        credentials: Mapping[str, str],
        clock: Callable[[], datetime],
        nonce: Callable[[], str],
    ) -> GatewayTalk: ...
