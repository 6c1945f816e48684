"""A double of Stripe on loopback, held to the types of the installed SDK; for demo and tests."""
