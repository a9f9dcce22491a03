"""The policy that holds where the centre has signed none of its own."""
