"""What is held of a person, and its destruction."""
