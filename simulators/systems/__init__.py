"""What makes a system itself: its secrets, its own data, its quirks."""
