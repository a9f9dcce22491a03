"""The four bindings of the standard: json, soap, table and file, each generated from the tables."""
