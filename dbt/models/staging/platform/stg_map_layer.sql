{{ stated_rows('map_layer', key='layer_id, day') }}
