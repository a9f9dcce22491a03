"""Confidentiality 保密: before bids are opened nobody learns who or how many (C09)."""
