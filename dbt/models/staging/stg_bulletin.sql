{{ observations('bulletin', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
