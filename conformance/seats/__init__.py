"""The seats the suite takes: the hub's client, and the witness hub to which the system sends."""
