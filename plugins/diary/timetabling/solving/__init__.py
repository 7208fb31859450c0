"""Placing the lessons of a school: counting checks, a search by ejection chains, and what it left unplaced."""
