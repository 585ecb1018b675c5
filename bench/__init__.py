"""The library's speed, measured beside its peers: `make bench`, or `python -m bench --help`."""
