"""The page: an executed notebook and the record of its run as one HTML file, and the last look at it."""
