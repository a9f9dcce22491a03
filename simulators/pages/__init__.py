"""Pages for people on the management port: all 135 at a glance, and one page for each system."""
