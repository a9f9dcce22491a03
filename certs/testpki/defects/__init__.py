"""One defective certificate for each rule, beside the same certificate without the defect."""

from certs.testpki.defects.exhibit import Exhibit, found
from certs.testpki.defects.table import DEFECTS, Defect, Row, build

__all__ = ["DEFECTS", "Defect", "Exhibit", "Row", "build", "found"]
