"""Pictures of scenes with the text on them."""
