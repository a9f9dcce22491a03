"""保密 / Confidentiality: before the opening nobody learns who or how many (C09)."""
