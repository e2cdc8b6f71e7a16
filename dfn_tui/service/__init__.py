"""What an operator does: look up, stage, review, apply, verify. The screens and the commands call this."""
