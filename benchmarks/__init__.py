"""What `make bench` measures, each beside its baselines in the same run."""
