"""What a finding states of a key: never the key, and nothing the key can be used by.

Whoever makes an envelope may put into it what others have sealed to the platform. The key it gives is then
theirs, and their bid may still be sealed; the keyed digest under it would let the copy be bound to another
envelope. So both stay here, and a digest of that digest is stated: a key that fits shows in it, too. Of the
right key to broken content it is a digest of the key: whoever has the key sees that the platform had it.
"""

from __future__ import annotations

from certs.algorithms.digest import digest

_LABEL = b"hutong bid witness 1"


def witness(comes_to: bytes) -> str:
    """`comes_to`: the binding or check value that the key gives, to be compared with the stated one; of the
    right key to broken content the key itself."""
    return digest(_LABEL + comes_to).hex()
