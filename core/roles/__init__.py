"""Structural roles, permissions, and the one access decision."""
