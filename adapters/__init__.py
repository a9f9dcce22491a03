"""Translators between the unified message and what foreign systems speak, one folder per dialect."""
