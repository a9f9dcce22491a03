"""Load runs whose verdict can be trusted: planned before, counted in a ledger, asked back after."""
