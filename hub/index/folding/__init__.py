"""What each kind of entry does to the rows, by what it is about."""
