"""From the wish of a workflow to what became of it.

wishes    effects become messages, once
looking   the last look: everything that is asked right before a message leaves
limits    how many messages a person gets
epochs    a database that was restored must not send again what it forgot
claiming  the look and the claim, in one transaction
sending   the call, and what became of it
settling  what nobody heard the end of
run       all of it, once
"""
