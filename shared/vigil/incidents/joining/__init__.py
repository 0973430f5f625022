"""What joins anomalies of different series to one incident, and what keeps them apart."""
