"""Reading the hub's event log, each consumer with a position of its own."""
