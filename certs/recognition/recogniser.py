"""A trust list in use: what has been found out is kept as long as it is true, so that a signer who comes
again costs one verification of a signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from certs.recognition.judging import Asked, recognise_under, trust_for
from certs.recognition.kept import MOST_TRUSTS, Held, Kept, Key, State, state_of
from certs.recognition.messages import signed
from certs.recognition.recognition import Recognition, views
from certs.recognition.window import until
from certs.trust import SIGNING, Purpose, Revocation, Trust
from certs.trustlist.model import TrustList
from certs.verdict import Moment, refused

_LARGEST_KEPT = 1 << 13
# Called with (recognition, trust, extra certificates, moment); see `certs.shadow`.
Shadow = Callable[[Recognition, Trust, Sequence[bytes], Moment], None]


class Recogniser:
    """For many threads; memory is bounded by `most` answers.

    `revocation` and `realm` hold for all questions. `keep` bounds how long an answer is kept even if
    nothing it rests on ends before. `shadow` is shown what was found and has no say in it.
    """

    def __init__(
        self,
        listed: TrustList | Trust,
        *,
        revocation: Revocation,
        realm: str = "sandbox",
        crls: Sequence[bytes] = (),
        ocsp: Sequence[bytes] = (),
        keep: timedelta = timedelta(hours=1),
        most: int = 4096,
        shadow: Shadow | None = None,
    ) -> None:
        self.revocation = revocation
        self.realm = realm
        self.keep = keep
        self.most = most
        self._shadow = shadow
        self._lock = Lock()
        self._held = Held(state_of(listed, crls, ocsp))
        self._asker: str | None = ""

    @property
    def listed(self) -> TrustList | Trust:
        return self._held.state.listed

    def of(self, asker: str | None) -> Recogniser:
        """The same, within the same bound, for this asker: what is found out about certificates answers no
        other. Who is answered sooner would know that somebody has asked before. None: nobody in particular,
        and nothing is kept."""
        own = copy(self)
        own._asker = asker
        return own

    def update(
        self,
        listed: TrustList | Trust | None = None,
        *,
        crls: Sequence[bytes] | None = None,
        ocsp: Sequence[bytes] | None = None,
    ) -> None:
        """A new list, or new data on revocation; what was found out under the old is forgotten."""
        with self._lock:
            now = self._held.state
            self._held.state = state_of(
                now.listed if listed is None else listed,
                now.crls if crls is None else crls,
                now.ocsp if ocsp is None else ocsp,
            )

    def recognise(
        self,
        cert: bytes,
        *,
        at: Moment | datetime,
        purpose: Purpose = SIGNING,
        sector: str | None = None,
        medium: str | None = None,
        expected_subject: str | None = None,
        extra: Sequence[bytes] = (),
    ) -> Recognition:
        """As `certs.recognise`; never raises."""
        asked = Asked(purpose, sector, medium, expected_subject, self.realm)
        moment = at if isinstance(at, Moment) else Moment(at)
        found = self._recognise(cert, moment, asked, extra)
        if found.verdict.moment is moment:
            return found
        return replace(found, verdict=replace(found.verdict, moment=moment))

    def _recognise(self, cert: bytes, moment: Moment, asked: Asked, extra: Sequence[bytes]) -> Recognition:
        """What is kept, with the moment at which it was found out; or what is found now."""
        state, key = self._held.state, (self._asker or "", cert, asked)
        # Only what is judged at the moment of asking comes again; the past is judged each time.
        now = self._asker is not None and moment.known_at is None and moment.source in ("argument", "clock")
        found = self._look_up(state, key, moment.at) if now else None
        if found is not None and (found.ok or not extra):
            return found
        believed = self._trust(state, asked)
        made = recognise_under(believed, state.trust_list, cert, moment, asked, extra)
        if now and len(cert) <= _LARGEST_KEPT and (made.ok or not extra):
            self._keep(state, key, moment.at, made, extra)
        if self._shadow is not None:
            self._shadow(made, believed, extra, moment)
        return made

    def verify_message(
        self,
        message: bytes,
        signature: bytes,
        cert: bytes,
        *,
        at: Moment | datetime,
        purpose: Purpose = SIGNING,
        sector: str | None = None,
        medium: str | None = None,
        expected_subject: str | None = None,
        extra: Sequence[bytes] = (),
    ) -> Recognition:
        """Is this the signature of a recognised signer over this message? Never raises.

        SM2 with SM3, RSA and ECDSA with SHA-256, as the key says. Raw r‖s is forgiven where the CA's
        quirks allow it.
        """
        asked = Asked(purpose, sector, medium, expected_subject, self.realm)
        moment = at if isinstance(at, Moment) else Moment(at)
        found = self._recognise(cert, moment, asked, extra)
        try:
            return signed(found, moment, bytes(message), bytes(signature))
        except Exception as error:  # an error of ours is an answer: indeterminate, never valid
            return replace(found, verdict=refused("internal", detail=type(error).__name__))

    def _look_up(self, state: State, key: Key, at: datetime) -> Recognition | None:
        with self._lock:
            kept = state.kept.get(key)
            if kept is None or not kept.begin <= at < kept.end:
                return None
            state.kept.move_to_end(key)
            return kept.recognition

    def _keep(self, state: State, key: Key, at: datetime, made: Recognition, extra: Sequence[bytes]) -> None:
        chain = views((*(made.verdict.chain or (made.verdict.signer or b"",)), *extra))
        end = until(at, chain, state.lists, state.moments, state.trust_list, made.member, self.keep)
        with self._lock:
            state.kept[key] = Kept(at, end, made)
            state.kept.move_to_end(key)
            while len(state.kept) > self.most:
                state.kept.popitem(last=False)

    def _trust(self, state: State, asked: Asked) -> Trust:
        """One for each sector and medium: the same value each time lets `certs.path` recall what it read."""
        key = asked.sector, asked.medium
        with self._lock:
            known = state.trusts.get(key)
        if known is None:
            known = trust_for(state.listed, self.revocation, asked, state.crls, state.ocsp)
            with self._lock:
                if len(state.trusts) < MOST_TRUSTS:
                    state.trusts[key] = known
        return known
