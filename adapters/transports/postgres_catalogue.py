"""What PostgreSQL knows of a table: its exact name, and the type each value must be cast to."""

from __future__ import annotations

from typing import Any

from adapters.transports.said import Refused
from adapters.transports.statements import Column, Table, quoted

# Papers in capitals, DDL without quotes: an exact name first, then one that differs in case, by search path.
_COLUMNS = """
SELECT n.nspname AS space, c.relname AS name, a.attname AS column, t.typcategory = 'S' AS text,
  format_type(a.atttypid, -1) AS kind, a.atttypid IN (20, 21, 23) AS number
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND lower(c.relname) = lower($1)
  AND CASE WHEN $2 = '' THEN n.nspname = ANY(current_schemas(false)) ELSE lower(n.nspname) = lower($2) END
ORDER BY c.relname <> $1, array_position(current_schemas(false), n.nspname), n.nspname <> $2, c.relname,
  a.attnum
"""


class Style:
    """Every value is sent as text. A text needs no cast, and must not have one: it would be cut to length."""

    def mark(self, number: int, column: Column) -> str:
        return f"CAST(${number}::text AS {column.kind})" if column.kind else f"${number}::text"

    def read(self, column: Column) -> str:
        return quoted(column.name) if column.number else f"{quoted(column.name)}::text"


async def find_table(run: Any, name: str) -> Table:
    """Raises Refused("absent")."""
    space, _, bare = name.rpartition(".")
    rows = await run.fetch(_COLUMNS, bare, space)
    own = [row for row in rows if (row["space"], row["name"]) == (rows[0]["space"], rows[0]["name"])]
    if not own:
        raise Refused("absent")
    columns = {
        row["column"].lower(): Column(row["column"], "" if row["text"] else row["kind"], row["number"])
        for row in own
    }
    return Table(f"{quoted(own[0]['space'])}.{quoted(own[0]['name'])}", columns)
