"""Recognition cases: what any system must accept, accept with a note, or refuse, as data and as bytes."""

from certs.cases.build import build, build_all
from certs.cases.files import read_case, write_cases
from certs.cases.judge import Found, judge
from certs.cases.table import CASES, Case, Row

__all__ = ["CASES", "Case", "Found", "Row", "build", "build_all", "judge", "read_case", "write_cases"]
