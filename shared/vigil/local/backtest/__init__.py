"""`vigil backtest`: exported entries run through detection, and what is shown of it."""
