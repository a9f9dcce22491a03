"""Bids: taken sealed, kept sealed, opened at the deadline; whose fault it was is decided and proved."""
