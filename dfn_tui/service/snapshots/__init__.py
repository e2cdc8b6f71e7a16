"""Snapshots: what one export said of everybody, kept for look-ups where no user can be read."""
