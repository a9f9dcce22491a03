"""Chapters: one folder each, one function per case."""
