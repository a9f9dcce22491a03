"""归集 / Aggregation: what it was told it can tell again, complete and to the standard (C04, C15)."""
