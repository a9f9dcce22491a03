"""Aggregation 归集: what the system was told it can tell again, complete and to the standard (C04, C15)."""
