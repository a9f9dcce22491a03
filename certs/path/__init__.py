"""Path validation by RFC 5280, section 6: pure, the moment is an argument, every amount of work bounded."""
