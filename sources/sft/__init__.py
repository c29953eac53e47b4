"""Talk for supervised fine-tuning: questions, instructions and their answers."""
