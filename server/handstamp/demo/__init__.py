"""The demo: an event tonight with guests, codes to scan and two phones to pair."""
