"""存证 / Evidence: what a receipt proves (C11)."""
