{{ observations('government_year', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
