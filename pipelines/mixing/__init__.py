"""Mixtures in a build: from what a recipe asks to which samples of each cell are taken."""
