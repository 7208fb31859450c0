"""How long what no law obliges to keep forever stays: rules with their acts, and deleting by them."""
