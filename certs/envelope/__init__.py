"""Digital envelopes: content for several holders of keys, always under a signature outside."""

from certs.envelope.bringing import open_key
from certs.envelope.examining import Examined, examine
from certs.envelope.opening import open_envelope
from certs.envelope.sealing import EnvelopeError, RecipientsRefusedError, judge_recipients, seal_envelope
from certs.envelope.shares import Share
from certs.envelope.streaming import open_stream, seal_stream
from certs.envelope.together import Opened, OpenedShare, combine, open_share
from certs.envelope.transport import Style

__all__ = [
    "EnvelopeError",
    "Examined",
    "Opened",
    "OpenedShare",
    "RecipientsRefusedError",
    "Share",
    "Style",
    "combine",
    "examine",
    "judge_recipients",
    "open_envelope",
    "open_key",
    "open_share",
    "open_stream",
    "seal_envelope",
    "seal_stream",
]
