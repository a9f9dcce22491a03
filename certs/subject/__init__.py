"""Who the subject of a certificate is, and whether two certificates are one holder's pair."""

from certs.identity import masked
from certs.subject.bind import bind
from certs.subject.identify import Candidate, Subject, subject
from certs.subject.pair import pair
from certs.subject.rules import Rule, RuleError, read_rules

__all__ = ["Candidate", "Rule", "RuleError", "Subject", "bind", "masked", "pair", "read_rules", "subject"]
