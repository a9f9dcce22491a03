"""Old messages' bytes moved out of the journal, verifiably, and never anything that is still of use to it."""
