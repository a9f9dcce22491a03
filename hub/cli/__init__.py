"""The one command `hutong`; every verb lives with the part it drives."""
