"""The sending half: a planned change goes to the server as fast as it may, and no outcome is lost."""
