{{ observations('law_year', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
