"""Pools of prompts: one YAML file a main class of the taxonomy, and one for pretraining."""
