"""The build and what it leaves: plan (which snapshot), publish (whole or not at all), explain, status, ranking.

Belongs here: reading and moving finished DuckDB files. Does not belong here: modelling (that is `dbt/`).
"""
