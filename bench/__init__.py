"""The project's figures; `make bench` measures them all."""
