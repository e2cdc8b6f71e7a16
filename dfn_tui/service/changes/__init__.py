"""The way a change is made, for one user or for a million."""
