"""Personal data: consents, what is kept how long, exports on request, erasure."""
