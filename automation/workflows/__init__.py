"""Follow-up workflows over the mirror.

events       what happened, derived from the event log and from the calendar: one row each, once
conditions   structured rows that say which records are meant; one compiler for counting and for deciding
definitions  what to do when something happened: versioned, people's own, importable as files
entering     events become runs, or a reason why not
engine       runs step by step: durable, by any number of workers
moving       who is inside goes over to the newest version, where somebody wants it
outcome      what it brought in, against a control group
"""
