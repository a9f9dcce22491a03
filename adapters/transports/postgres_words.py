"""What PostgreSQL says (SQLSTATE, appendix A of its manual) in the words of `said.py`."""

from __future__ import annotations

_EXACT = {
    "22P05": "charset",  # untranslatable_character
    "22021": "charset",  # character_not_in_repertoire
    "23505": "conflict",  # unique_violation
    "25006": "right",  # read_only_sql_transaction
    "3D000": "absent",  # invalid_catalog_name
    "3F000": "absent",  # invalid_schema_name
    "40001": "locked",  # serialization_failure
    "40P01": "locked",  # deadlock_detected
    "42501": "right",  # insufficient_privilege
    "42703": "absent",  # undefined_column
    "42P01": "absent",  # undefined_table
    "53100": "full",  # disk_full
    "55P03": "locked",  # lock_not_available
}
_CLASS = {"22": "value", "23": "value", "28": "login", "42": "value", "53": "busy", "57": "busy"}


def word(sqlstate: str) -> str:
    """The word, or "" where the server did not decide anything (class 08: the connection broke)."""
    if sqlstate[:2] == "08" or not sqlstate:
        return ""
    return _EXACT.get(sqlstate) or _CLASS.get(sqlstate[:2], "busy")
