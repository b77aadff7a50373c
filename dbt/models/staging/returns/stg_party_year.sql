{{ observations('party_year', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
