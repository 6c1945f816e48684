"""The commands of the command line, one file per verb; `cli.py` is their table."""
