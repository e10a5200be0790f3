"""Keys, signatures and pins: every trust decision is taken here."""
