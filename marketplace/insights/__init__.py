"""What can be said about packages beyond what they say of themselves."""
