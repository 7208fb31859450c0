"""Append-only record of who changed what, with a hash chain for each organization."""
