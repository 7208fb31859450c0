"""Structural roles: the list, the card, what each may, lending rights."""
