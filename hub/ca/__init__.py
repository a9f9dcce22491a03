"""Certificate services: one answer for every CA, by the centre's list, whatever the medium."""
