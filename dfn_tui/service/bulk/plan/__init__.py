"""The plan: what would be sent for whom, saved before anything is, to be looked through and handed on."""
