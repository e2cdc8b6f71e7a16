"""Changes for many users at once: read from an input, planned, applied as a job, verified and undone."""
