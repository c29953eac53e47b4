"""The report: the corpus on one page, a file for each of its larger sections."""
