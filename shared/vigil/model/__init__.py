"""The nouns, one a file, frozen; standard library only."""
