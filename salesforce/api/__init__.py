"""The API under /api/salesforce/: connecting, sending, and looking what became of it."""
