"""Rules and tools of the hub. Knows the units only through the manifest and what they register."""
