"""Classes and groups of pupils, and moving pupils between them."""
