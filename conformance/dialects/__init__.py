"""Foreign dialects as the suite speaks them, from the papers in `hub/catalogue/data/dialects`, sharing no adapter code."""
