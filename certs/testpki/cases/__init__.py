"""Recognition cases: what any system must accept, accept with a note, or refuse, as data and as bytes."""

from certs.testpki.cases.build import build, build_all
from certs.testpki.cases.files import read_case, write_cases
from certs.testpki.cases.judge import Found, judge
from certs.testpki.cases.table import CASES, Case, Row

__all__ = ["CASES", "Case", "Found", "Row", "build", "build_all", "judge", "read_case", "write_cases"]
