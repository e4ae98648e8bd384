"""The terminal's door: the commands of `campaign`, by what somebody wants to do. cli.py puts them in order."""
