"""The pages that people look at: rendered here, without a script of their own."""
