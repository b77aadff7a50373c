{{ observations('party_quarter', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
