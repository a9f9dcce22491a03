"""The hub's own SOF server: the functions of GB/T 43694 over what the hub believes, for every CA at once."""
