"""A copy of the journal where no operator can change it: PostgreSQL, or the local syslog."""
