"""业务存证: one Merkle log over the journal, signed heads, proofs that outlive the hub."""
