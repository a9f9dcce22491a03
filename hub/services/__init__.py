"""Request and reply: mediated to the providing system, in the same journal and trace as everything else."""
