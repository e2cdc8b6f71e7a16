"""What reaches the terminal: only the cells that changed, in as few bytes as a slow line deserves."""
