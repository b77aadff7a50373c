{{ observations('culture_quarter', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
