"""The five stages as Beam pipelines, and the commands."""
