"""The five stages as Beam pipelines, and the commands."""

import logging

# Beam warns on the root logger, at import, of cloud clients that only its [gcp] extra brings.
logging.getLogger().addFilter(lambda record: "apitools not found" not in record.getMessage())
