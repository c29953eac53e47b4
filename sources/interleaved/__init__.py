"""Pages, articles and books: texts and pictures in reading order."""
