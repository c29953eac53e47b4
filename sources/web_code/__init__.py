"""Adapters of class web code: plots and pages with the code that makes them."""
