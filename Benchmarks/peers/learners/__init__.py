"""The peers, each a worker process of `compare.py`."""
