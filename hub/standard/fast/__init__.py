"""The fast path of checking: accept or refuse, generated from the tables the checker is made of."""

from hub.standard.fast.envelope import Fast
from hub.standard.fast.verdict import Verdict

__all__ = ["Fast", "Verdict"]
