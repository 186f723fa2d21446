"""Many reports from one file, in turns: what `fanecon run-all` does."""
