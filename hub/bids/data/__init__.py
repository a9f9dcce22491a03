"""Tables of the bid box."""
