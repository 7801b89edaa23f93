"""Recorded history through a definition, with a virtual clock: what would have happened. Reads only, and writes nothing anywhere.

past       the mirror as it was at a moment, for every query of a block
replay     events, runs and messages in the order of the clock: the engine's own decisions, in memory
report     what came of it
"""
