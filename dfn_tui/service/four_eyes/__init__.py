"""A second pair of eyes: who approved a plan, who applies it, and the signatures that show it."""
