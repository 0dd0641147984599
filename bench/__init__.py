"""The figures that the README quotes: each made by one command, as a ratio to a baseline in the same run."""
