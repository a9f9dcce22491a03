"""What can be asked about the past, as rows; an engine answers, the journal decides what is true.

All keys named `*_key`, `gate`, `scope` are integers made by `hub.index.tokens`: never a clear value.
Times are microseconds since the epoch. Rows made for every message are tuples: a frozen dataclass takes three
times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


class MessageRow(NamedTuple):
    """One accepted message. `first_*` is what its sender was told at first, and is told again."""

    seq: int
    hub_id: str
    sender: str
    msg_id: str
    msg_type: str
    stage: str
    received: int
    digest: bytes
    state: str
    reason: str
    first_state: str
    first_reason: str
    hidden: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """The newest version of a record, found by (owner, stage, record key)."""

    record_key: int
    natural_key: int | None
    version: int
    digest: bytes
    live: bool


class DeliveryRow(NamedTuple):
    """`state`: waiting | sealed | delivered | dead. `unsure`: an attempt may have taken effect unseen.

    `base` is the number of attempts that belong to an earlier life (before somebody asked to try again).
    `urgent` ones go first; after `expires` (0: never) it is no longer worth sending.
    """

    id: int
    seq: int
    receiver: str
    message: str
    order_key: int
    state: str
    next_at: int
    attempts: int
    base: int
    unsure: bool
    reason: str
    key: str
    urgent: bool = False
    expires: int = 0


class AttemptRow(NamedTuple):
    """`entry` and `outcome` are journal sequence numbers (0: nothing known after the start)."""

    delivery: int
    n: int
    started: int
    entry: int
    ended: int
    outcome: int
    kind: str
    code: str
    blame: str
    foreign: str


@dataclass(frozen=True, slots=True)
class BidRow:
    """One delivery of a bid. `file` is the digest of its envelope, `until` the deadline its receipt speaks
    of; `result_entry` and `share_entry` are 0 where there is none; `party` is the bidder in this section,
    `main` the bid that a supplement belongs to."""

    seq: int
    whose: int
    section: int
    receipt: str
    sender: str
    file: str
    size: int
    at: int
    until: int
    model: str
    state: str
    result_entry: int
    result: str
    share_entry: int
    party: int
    main: int


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """When the opening of a section's bids began, and who let it."""

    section: int
    seq: int
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A question a provider may call back until then (0: no end is known)."""

    question: int
    until: int


@dataclass(frozen=True, slots=True)
class HeardRow:
    """What a provider said last when it called back: the question it answers, the callback's entry, and until
    when that holds (0: no end is known; long ago, where the question cannot be called back any more)."""

    question: int
    entry: int
    until: int


@dataclass(frozen=True, slots=True)
class StateRow:
    state: str
    at: int
    reason: str
    entry: int


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A signed head: `size` leaves, where its entry stands, what it says."""

    size: int
    seq: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExaminedRow:
    """A record that was examined: its journal entry, and the accepted message it became, if it did."""

    seq: int
    message: MessageRow | None
    sealed: bool
    lifted: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that came whole: `digest` as messages write it, `owner` who sent its bytes."""

    seq: int
    hub_id: str
    owner: str
    digest: str
    size: int
    at: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One entry that a person is in, and the place of the key its values there are under."""

    seq: int
    place: int


@dataclass(frozen=True, slots=True)
class StampRow:
    """A time stamp: which tree it is over, where its entry stands, the moment it proves."""

    size: int
    seq: int
    at: int


class Bids(Protocol):
    """What is known of bids: by tokens and receipt numbers only, never by a list of all there are."""

    def standing(self, whose: int) -> BidRow | None:
        """What one bidder has delivered for one section through one system, and not taken back."""

    def had(self, whose: int, file: str) -> bool:
        """Was this file ever delivered so, whatever became of it?"""

    def taken_back(self, whose: int, file: str) -> BidRow | None:
        """The withdrawal of this very file."""

    def by_receipt(self, number: str) -> BidRow | None: ...
    def files_of(self, entries: Sequence[int]) -> Mapping[int, str]:
        """The files of those entries that are bids."""

    def only_in(self, entries: Sequence[int]) -> Sequence[str]:
        """Files of these bids that no other entry names."""

    def of_section(self, section: int) -> Sequence[BidRow]:
        """What stands or was withdrawn, in the order of arrival; for the opening."""

    def supplements(self, whose: int) -> int:
        """How many of them stand beside this bid."""

    def opened(self, party: int, sender: str) -> bool:
        """Was a bid opened of this bidder in its section, delivered by this system?"""

    def tally(self, section: int, now: int) -> tuple[int, int]:
        """How many of them are past the deadline their receipts speak of, and how many have a result."""

    def opening(self, section: int) -> OpeningRow | None: ...
    def signed_up(self, body: int, by: int) -> bool | None:
        """Did this body sign up, through whomever? None where the system `by` signed up nobody itself."""

    def unfinished(self) -> Sequence[int]: ...


class Evidence(Protocol):
    """What is known of heads made on time (pulses), their time stamps and the log's keys."""

    def head(self, size: int) -> TreeRow | None: ...
    def pulses(self, after: int, limit: int) -> Sequence[TreeRow]:
        """Heads made on time whatever was going on, of trees larger than `after`, the smallest first."""

    def pulse(self) -> TreeRow | None:
        """The newest of them."""

    def stamp(self, *, covering: int = 0) -> StampRow | None:
        """The newest stamp, or the first over a tree that covers entry `covering`."""

    def stamps(self, after: int, limit: int) -> Sequence[StampRow]: ...
    def unstamped(self) -> TreeRow | None:
        """The oldest pulse that no stamp covers."""

    def keys(self) -> Sequence[tuple[int, str]]:
        """Changes of the log's key: entry and the new key's fingerprint, oldest first."""


class Persons(Protocol):
    """Under which keys persons are kept: tokens, and places in the keystore."""

    def held(self, known_by: int) -> Sequence[HeldRow]:
        """Entries in which a person known by this is, oldest first."""

    def erased(self) -> Sequence[int]:
        """Places whose keys the journal says are destroyed."""

    def erasure(self, place: int) -> tuple[int, int] | None:
        """When, and the entry that says so."""


class Index(Protocol):
    """Questions are point look-ups or bounded lists; `apply` is the only way anything changes."""

    def apply(self, seq: int, facts: Mapping[str, Any]) -> frozenset[str]:
        """Fold one entry in; returns receivers for which work has appeared."""

    # messages
    def known(self, known_key: int) -> MessageRow | None: ...
    def message(self, seq: int) -> MessageRow | None: ...
    def by_hub_id(self, hub_id: str) -> MessageRow | None: ...
    def states(self, seq: int) -> Sequence[StateRow]: ...
    def answer(self, seq: int) -> int:
        """Entry that holds the reply of a service message, 0 when none."""

    def stories(self, seq: int) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """How each answer to a question came about (`hub.services.story`), with its entry."""

    def asked(self, key: int) -> AskedRow | None:
        """The question that this provider may call back under this key."""

    def heard(self, key: int) -> HeardRow | None:
        """What was heard for this asker under this key."""

    def settled(self, name: str) -> int:
        """Grows with every message of a stage or type that is accepted and that anybody may know of."""

    def watermark(self, system: str, source: str) -> int:
        """Entry that says how far a source of a system has been read, 0 when it never was."""

    def nonce_used(self, nonce_key: int) -> bool: ...

    # what stateful rules look at
    def record(self, record_key: int) -> RecordRow | None: ...
    def natural(self, natural_key: int) -> RecordRow | None: ...
    def parent_owner(self, parent: int) -> str | None:
        """The system that registered a tender project."""

    def waiting_for(self, token: int) -> Sequence[int]: ...
    def lifted(self, gate: int) -> bool: ...
    def sealed(self, gate: int) -> bool:
        """Does anything wait for this gate?"""

    def gates_of(self, seq: int) -> Sequence[int]:
        """Gates that a message waits for."""

    def deadline(self, scope: int) -> int | None: ...
    def timers_due(self, now: int, limit: int) -> Sequence[int]:
        """Gates whose own time has come and that have not been lifted."""

    # what data quality is made of
    def examined(self, sender: str | None, after: int, limit: int) -> Sequence[ExaminedRow]:
        """Records of stages, accepted or refused, after an entry; `sender` None: all that are unsealed."""

    # deliveries
    def delivery(self, delivery: int) -> DeliveryRow | None: ...
    def deliveries(self, seq: int) -> Sequence[DeliveryRow]: ...
    def attempts(self, delivery: int) -> Sequence[AttemptRow]: ...
    def receivers(self) -> Sequence[str]:
        """Receivers with anything waiting."""

    def due(self, receiver: str, now: int, limit: int, *, urgent: bool = False) -> Sequence[DeliveryRow]:
        """Waiting deliveries whose time has come and that no earlier one of the same order key holds up.

        The longest due first; with `urgent` those only. What has expired is not among them.
        """

    def expired(self, now: int, limit: int) -> Sequence[int]:
        """Waiting deliveries that are no longer worth sending."""

    def next_due(self, receiver: str) -> int | None: ...

    # files
    def file(self, owner: str, digest: str) -> FileRow | None:
        """What this member sent itself; somebody else's file of the same content is another row."""

    def file_entry(self, hub_id: str) -> FileRow | None: ...
    def files_named(self, seq: int) -> Sequence[str]:
        """Digests of the files a message names, in its order."""

    def file_shown(self, digest: str, receiver: str) -> Sequence[tuple[str, str]]:
        """(sender, stage) of messages naming this file that the receiver has been or may now be told."""

    def file_bytes(self, owner: str, since: int) -> int:
        """How much of this member's has come whole since a moment."""

    def files_erased(self) -> Sequence[str]:
        """Files that went with a person and were not sent again."""

    # the rest
    @property
    def evidence(self) -> Evidence: ...
    @property
    def bids(self) -> Bids: ...
    @property
    def persons(self) -> Persons: ...
    def members(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]: ...
    def event(self, hub_id: str) -> int:
        """Entry of an event by its hub id, 0 when unknown."""

    def tree(self, *, covering: int = 0) -> TreeRow | None:
        """The newest signed head, or the first that covers entry `covering`."""

    def news_after(self) -> bool:
        """Has anything worth a head been appended since the last one?"""

    def counters(self) -> Mapping[str, int]: ...
    def usage(self, sender: str, day: int) -> tuple[int, int]:
        """Messages and bytes kept of a member on one day (`hub.index.days`), for its own limits only."""
