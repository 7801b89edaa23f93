"""What the emulators of all vendors have in common: server, requests, time, faults, controls.

Standard library and msgspec (gunicorn to serve as a process of its own); it knows no vendor.
"""
