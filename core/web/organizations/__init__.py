"""Organizations and groups of them."""
