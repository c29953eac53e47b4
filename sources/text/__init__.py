"""Text without pictures."""
