"""Asking for help with the portal: a message to those who help people of the region, and their answer."""
