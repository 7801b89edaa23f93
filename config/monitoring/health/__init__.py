"""The Health page of the back office: the graph with live states, incidents with their history, uptime of each unit."""
