"""The statements: one module per feed, named as the feed.

Each has `statement(world, month)`: the columns of that month's file, by the contract's names, as arrays of one length.
"""
