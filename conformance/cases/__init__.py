"""Chapters: one folder each, one function per case; a chapter's docstring begins with its two titles."""
