"""Pages of documents with their text: papers, books, crawled PDFs."""
