"""Certificates, CRLs and OCSP answers as frozen views; reading is tolerant and says what it forgave."""
