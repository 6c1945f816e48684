"""Waiting lists: who wants tickets that are sold out, in which order, what they are offered."""
