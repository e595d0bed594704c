"""The peers' actors, each a worker process of `policy.py`."""
