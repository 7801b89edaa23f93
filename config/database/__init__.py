"""Django's PostgreSQL backend, taught that a table's name may carry its schema.

Django passes `db_table = '"servicetitan"."st_customers"'` through in queries and migrations, but its introspection
compares that with bare names: test databases are not emptied, and a dropped index silently stays. The two small
subclasses here cure it. Bare names are unique over all schemas (`config.isolation.checks` sees to it) and every
schema is on the owner's search path, so a bare name is enough to find a table.
"""
