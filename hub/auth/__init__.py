"""统一身份认证: logging in, signing and sealing by certificate, with a token or by a telephone."""
