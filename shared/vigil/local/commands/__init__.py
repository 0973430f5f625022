"""What the `vigil` command can do, one command a file.

A command imports what it needs when it is called: `vigil --help` has to be quick.
"""
