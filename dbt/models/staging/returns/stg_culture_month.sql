{{ observations('culture_month', period='r.period', items=[{'code': 'item', 'value': 'value'}]) }}
