"""Foreign dialects as the suite speaks them: from the papers in the catalogue, sharing no adapter code."""
