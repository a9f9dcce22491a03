"""Digital envelopes: content for several holders of keys, always under a signature outside."""

from certs.envelope.opening import Opened, OpenedShare, combine, open_envelope, open_share
from certs.envelope.sealing import EnvelopeError, RecipientsRefusedError, judge_recipients, seal_envelope
from certs.envelope.shares import Share
from certs.envelope.transport import Style

__all__ = [
    "EnvelopeError",
    "Opened",
    "OpenedShare",
    "RecipientsRefusedError",
    "Share",
    "Style",
    "combine",
    "judge_recipients",
    "open_envelope",
    "open_share",
    "seal_envelope",
]
