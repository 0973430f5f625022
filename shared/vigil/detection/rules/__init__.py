"""The rules of the agents before Vigil: limits that hold for every series."""
