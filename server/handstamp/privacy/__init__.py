"""A person's data across all rooms: handed out, erased, erased again after a restore."""
