-- The urban population is published only as a rate of the resident one; the product is ours, so it is flagged estimated.
{{ observations('population_annual', period='cast(r.year as varchar)', items=[
    {'code': "'resident'", 'value': 'resident_10k'},
    {'code': "'registered'", 'value': 'registered_10k'},
    {'code': "'urban'", 'value': 'resident_10k * urban_pct / 100', 'flag': 'estimated'},
]) }}
