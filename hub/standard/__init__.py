"""统一接口标准 as data: 51 stages, 880 fields, code lists, formats, rules, and what may be told to whom."""

from hub.standard.fast import Verdict
from hub.standard.model import (
    CodeList,
    Field,
    FieldPolicy,
    Format,
    Service,
    ServiceError,
    ServiceField,
    Stage,
    StagePolicy,
)
from hub.standard.standard import Standard, load
from hub.standard.tables import StandardDataError

__all__ = [
    "CodeList",
    "Field",
    "FieldPolicy",
    "Format",
    "Service",
    "ServiceError",
    "ServiceField",
    "Stage",
    "StagePolicy",
    "Standard",
    "StandardDataError",
    "Verdict",
    "load",
]
