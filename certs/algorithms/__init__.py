"""One file per family of algorithms; names are those that stand in messages."""
