"""Support: the form with the error's number, and answers."""
