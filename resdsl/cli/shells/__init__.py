"""Completion: `words` reads from the parser what there is to complete; a file a shell makes a script of it."""
