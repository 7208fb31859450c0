"""Accounts: the list, the card, merging, adding people; and the settings of one's own."""
