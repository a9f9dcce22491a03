"""Evidence 存证: what a receipt proves (C11)."""
