"""Tests of sources/web_code."""
