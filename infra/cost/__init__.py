"""What Vigil costs on Google Cloud, computed from measured unit figures and list prices."""
