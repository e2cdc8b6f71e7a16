"""What arrives from a keyboard, before it means anything on a screen."""
