"""What a run is asked to do: parameters, secrets, thresholds, the place of the page; all judged before it starts."""
