"""GoHighLevel: customers become contacts, estimates become opportunities."""
