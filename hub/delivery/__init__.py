"""Delivery: from accepted to received, one lane per receiver, nothing lost and nothing doubled."""
