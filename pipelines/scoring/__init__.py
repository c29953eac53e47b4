"""What the reference model says of samples: settings, batches, inference, files."""
