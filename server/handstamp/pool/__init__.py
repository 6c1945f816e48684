"""Tickets that come from elsewhere: uploaded in bulk, matched with paid pre-orders, handed out."""
