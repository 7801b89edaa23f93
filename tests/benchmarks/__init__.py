"""One work, done by our sync, by dlt, and as fast as it can be done at all: `make bench`.

    options      what may be asked for
    tenant       the company that is served, recorded once
    records      what was served: the last version of each record
    cluster      PostgreSQL in a data folder of the benchmark's own
    cost         what a process took: time, CPU on both sides, memory, WAL
    contender    what the contenders have in common; ours, dlt, limits are three kinds
    content      the check of what was loaded, row by row
    rounds       who runs when
    targets      what must be reached
    report       the table and the JSON
    pushing, salesforce, workflows    what the other units do: `--push`, `--salesforce`, `--workflows`
    watching                          what a pass of the monitoring agent costs: `--monitoring`

README.md says what is compared with what, and which set-ups of dlt were tried.
"""
