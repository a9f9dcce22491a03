"""The index: what can be asked, folded from the journal and rebuildable from it."""
