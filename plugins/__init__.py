"""The functional areas of the portal that come with it; every one is a plugin on the same hooks."""
