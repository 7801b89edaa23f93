"""The monitoring agent: reads everything, writes to no schema, and tells people one thing a cause.

    probes.py      what units register: nodes of a graph, and checks that say how they stand
    looking.py     one pass over all checks, each with its own patience
    graph.py       what explains what: causes, and what suffers behind them
    incidents.py   from passes to incidents: confirmed, reminded of, recovered from, damped
    book.py        what the agent remembers, at `monitor:*` in Redis
    alerts.py      e-mail, Slack, webhooks
    agent.py       the loop
"""
