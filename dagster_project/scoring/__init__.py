"""Scores and ranks from indicator values: arrays in, arrays out.

Belongs here: normalisation, weights, aggregation, ranks, and one module (`run`) that turns registry frames into arrays
and scores into frames. Does not belong here: any framework, database, file or setting.
Formulas: docs/method.md, Scoring.
"""
