"""What the comparisons share: sizes, work, processes, noise and tables."""
