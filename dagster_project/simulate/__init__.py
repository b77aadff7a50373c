"""The demonstration's raw feeds: made up from a seed, in the shape and with the faults of a real city's.

Belongs here: what feeds look like. Pure: nothing here knows Dagster, dbt or the warehouse; what it writes enters by
the landing folder, as any feed does.
"""
