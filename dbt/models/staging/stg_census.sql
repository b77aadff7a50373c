{{ observations('census', period='cast(r.year as varchar)', items=[{'code': "'population'", 'value': 'population'}]) }}
