"""Private keys behind one port."""
