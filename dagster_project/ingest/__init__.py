"""Ingest: landed files to raw Parquet, each row accepted or quarantined with a reason.

Belongs here: reading files, checking them against the feed's contract, the ledger. Forbidden here: changing a value,
resolving names to regions, computing anything; that is staging's work.
"""
