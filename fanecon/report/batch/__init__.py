"""Many reports from one file: what is asked, whose turn it is, and what a reader sees of it."""
