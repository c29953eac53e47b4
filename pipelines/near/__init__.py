"""Near-duplicates, one design for text and images: signatures, candidates, components, removals."""
