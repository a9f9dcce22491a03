"""Is a certificate revoked: by lists (RFC 5280, 6.3) and by OCSP answers (RFC 6960). Pure, no fetching."""
