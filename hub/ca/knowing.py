"""Judges that know besides what responders said: kept, so that who delivers again is not judged anew.

For each asker apart, like the answers themselves (`fetching.Answers`), under exactly these answers and
exactly the judges in use: another belief, or another answer, and they are made anew. What an answer's end
does to a verdict, the judges know themselves.
"""

from __future__ import annotations

from collections import OrderedDict

from hub.ca.judges import Judges

_MOST = 32


class Knowing:
    """Belongs to the loop; bounded."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, tuple[bytes, ...]], tuple[Judges, Judges]] = OrderedDict()

    def of(self, asker: str, judges: Judges, answers: tuple[bytes, ...]) -> Judges:
        """`judges` with these answers."""
        key = asker, answers
        before = self._held.get(key)
        if before is not None and before[0] is judges:
            self._held.move_to_end(key)
            return before[1]
        made = Judges(judges.belief, judges.realm, judges.crls, (*judges.ocsp, *answers), judges.number)
        made = made.of(asker)  # nobody in particular: nothing is remembered
        self._held[key] = judges, made
        self._held.move_to_end(key)
        while len(self._held) > _MOST:
            self._held.popitem(last=False)
        return made

    def forget(self) -> None:
        self._held.clear()
