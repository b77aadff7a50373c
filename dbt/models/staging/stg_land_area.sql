{{ observations('land_area', period='cast(r.year as varchar)', items=[{'code': "'area'", 'value': 'area_km2'}]) }}
