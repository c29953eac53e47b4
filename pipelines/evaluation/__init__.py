"""Balanced evaluation sets: picked from a corpus, written by themselves, kept out of training."""
