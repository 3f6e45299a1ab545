-- What an event of the plan carries stands in the event itself: its own properties, and references to shared ones,
-- which are items of kind "property" from here on. Before, every property was an item that named its event.
UPDATE item SET payload = json_set(payload, '$.properties', json((
    SELECT json_group_array(json_object(
        'own', json_patch(
            json_object('name', p.payload ->> 'name', 'shape', json_object('type', p.payload ->> 'type')),
            iif(p.payload ->> 'personal', '{"sensitivity":{"personal":""}}', '{}')),
        'presence', iif(p.payload ->> 'required', 'always', 'sometimes')))
    FROM (SELECT payload FROM item WHERE kind = 'property' ORDER BY id) p
    WHERE p.payload ->> 'event' = item.id)))
WHERE kind = 'event';

DELETE FROM item WHERE kind = 'property';
