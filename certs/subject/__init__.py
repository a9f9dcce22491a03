"""Who the subject of a certificate is."""
