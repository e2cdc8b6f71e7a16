"""Staged edits beyond the end of a console: kept sealed, and taken up by one of the next."""
