"""Laws that hold for every value, the strategies that draw the values, and the oracles that know better."""
