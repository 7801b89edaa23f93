"""What the emulators of all vendors have in common: server, requests, time, faults, controls, and how they are served.

Standard library and msgspec; of the vendors it knows the order of their ports and what they register.
"""
