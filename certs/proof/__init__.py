"""Proofs that stay checkable after every certificate in them has expired: data kept, RFC 4998 renewal."""

from certs.proof.ageing import Ageing
from certs.proof.collect import Collected, collect, complete
from certs.proof.kept import Kept, Value, read_kept
from certs.proof.plan import Plan, first_stamp, renew_stamp, renew_tree
from certs.proof.record import Record, read_record
from certs.proof.verify import verify_proof, verify_record

__all__ = [
    "Ageing",
    "Collected",
    "Kept",
    "Plan",
    "Record",
    "Value",
    "collect",
    "complete",
    "first_stamp",
    "read_kept",
    "read_record",
    "renew_stamp",
    "renew_tree",
    "verify_proof",
    "verify_record",
]
