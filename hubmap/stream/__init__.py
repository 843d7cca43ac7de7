"""Sources larger than memory: read by batches, counted part by part; see :mod:`.run`."""
