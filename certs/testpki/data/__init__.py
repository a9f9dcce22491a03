"""What the sandbox declares."""
