"""The weights of `tiny`, made by `python -m model.tiny FOLDER` with its default steps and seed."""
