"""Whom the centre admits: a signed list of CAs, and those of other provinces."""

from certs.trustlist.examining import Examined, examine
from certs.trustlist.finding import Finding
from certs.trustlist.model import AdmittedCa, Member, Peer, TrustList
from certs.trustlist.peers import Joined, join
from certs.trustlist.publishing import publish
from certs.trustlist.sequence import Sequence

__all__ = [
    "AdmittedCa",
    "Examined",
    "Finding",
    "Joined",
    "Member",
    "Peer",
    "Sequence",
    "TrustList",
    "examine",
    "join",
    "publish",
]
