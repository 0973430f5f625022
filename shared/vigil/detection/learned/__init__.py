"""What each series has learned of itself: detectors fed from windows, and worded as findings."""
