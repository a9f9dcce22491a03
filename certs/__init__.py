"""Who may be believed: certificates, signatures, digests. Knows nothing of trading, messages or the hub."""
