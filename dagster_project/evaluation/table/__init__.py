"""Scoring a table of one's own, without registry or warehouse: scheme file and table in, results file out.

Belongs here: what the YAML of a scheme and the cells of a table mean, and what is wrong in them, with its place. Does
not belong here: any formula.
"""
