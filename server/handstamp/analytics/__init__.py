"""What was sold: sums by day, tier and code, read from the ledger and kept for speed."""
