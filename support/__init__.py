"""What a scenario needs from the world, in rooms: cleanroom, market, suite, trials."""
