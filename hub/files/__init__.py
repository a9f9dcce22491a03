"""Files that messages name by digest: taken in, kept closed, shown to those who may see them.

Nothing is imported here: a client needs no more of it than a file's name.
"""
