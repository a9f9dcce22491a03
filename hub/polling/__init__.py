"""Polling: what systems lay down in tables and folders is fetched on a schedule, once and not twice."""
