"""Pages of webhooks: who hears of events, and what was sent."""
