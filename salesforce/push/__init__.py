"""Bringing Salesforce up to date with the mirror.

    consume      the event log says what changed: those rows of `contacts` and `accounts` become due
    plan         what should be there is worked out from the mirror; what is there already rests again, without a call
    collections  the rest is sent, 200 records a call; or
    bulk         where there is much, as bulk jobs, each step of which is stored
    keep         what became of each record, with a line of the log
"""
