"""The imitation: 135 systems around the hub, each speaking its own dialect from the papers alone."""
