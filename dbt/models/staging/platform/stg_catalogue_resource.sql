{{ stated_rows('catalogue_resource', key='resource_id') }}
