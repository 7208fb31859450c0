"""What an operator does about logins on the command line."""
