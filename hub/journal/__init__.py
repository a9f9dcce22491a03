"""The journal: append-only, durable before acknowledgement, the only thing that cannot be rebuilt."""
