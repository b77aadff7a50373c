{{ observations('gdp_annual', period='cast(r.year as varchar)', items=[{'code': "'gdp'", 'value': 'gdp_100m_cny'}]) }}
