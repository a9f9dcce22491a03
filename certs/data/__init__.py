"""Tables that people read too: reasons and checks."""
