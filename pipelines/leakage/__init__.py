"""Leakage: samples that hold questions or pictures of evaluation sets, found by fingerprints."""
