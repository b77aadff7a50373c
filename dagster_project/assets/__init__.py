"""Dagster assets: thin. Each reads, calls a pure package, writes, and says in metadata what it did."""
