"""Where schemes meet the registry and the figures of the warehouse; `table` does the same for a file of one's own.

Belongs here: what the registry's rows say of a scheme, what figures mean for the pure functions of
`scoring`, and scores as rows. Does not belong here: any formula; those are `scoring`'s.
"""
