"""Copies of a running hub: the journal's entries, closed as a whole, and how a hub is made of them again."""
