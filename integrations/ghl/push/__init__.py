"""Bringing GoHighLevel up to date with the mirror.

    consume  the event log says what changed: those rows of `ghl_contacts` and `ghl_opportunities` become due
    plan     what should be there is worked out from the mirror; what is there already rests again, without a call
    brake    more changes than usual wait for a person
    push     the rest is sent, contacts first; each outcome is stored before the next call for the same record
"""
