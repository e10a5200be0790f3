"""What a scenario needs from the world."""
