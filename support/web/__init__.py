"""A real browser for scenarios: headless Chromium, and what looks whether its pages can be used by everybody."""
