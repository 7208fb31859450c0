"""People, accounts, sign-in, sessions, access tokens, guardians and their children."""
