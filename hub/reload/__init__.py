"""Reading again what may change while the hub runs: settings, catalogue and routes, peers, keys."""
