"""The outside world, one file a correspondent."""
