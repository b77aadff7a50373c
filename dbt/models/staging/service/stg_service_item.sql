{{ stated_rows('service_item', key='item_id, region') }}
