"""Windows, baselines and detectors; pure."""
