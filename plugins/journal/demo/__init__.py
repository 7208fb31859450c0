"""What a demo school has in its journal."""
