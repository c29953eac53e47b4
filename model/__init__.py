"""The reference model: the hybrid-encoder vision-language model that scores the shards."""
