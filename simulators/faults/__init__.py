"""One way to misbehave per row of `faults.csv`; one file per mechanism; armed by request."""

from simulators.faults.act import Act
from simulators.faults.plan import Armed, FaultPlan, UnknownFaultError
from simulators.faults.table import Fault, faults

__all__ = ["Act", "Armed", "Fault", "FaultPlan", "UnknownFaultError", "faults"]
