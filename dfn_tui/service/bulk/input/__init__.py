"""The input half: a file, a pasted list or a script as users and what is wanted for each, a row at a time."""
