"""Systems that do not exist, their traces, and what is broken in them."""
