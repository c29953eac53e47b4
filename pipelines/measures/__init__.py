"""What ingest measures of samples: facts that recipes filter by."""
