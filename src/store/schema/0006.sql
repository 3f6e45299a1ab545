-- What an event of the plan carries stands in the event itself: its own properties, and references to shared ones,
-- which are items of kind "property" from here on. Before, every property was an item that named its event.
UPDATE item SET payload = json_set(payload, '$.properties', json((
    SELECT json_group_array(json_patch(
        json_object('name', p.payload ->> 'name', 'type', p.payload ->> 'type'),
        json_patch(
            iif(p.payload ->> 'required', '{"presence":"always"}', '{}'),
            iif(p.payload ->> 'personal', '{"personal":true}', '{}'))))
    FROM (SELECT payload FROM item WHERE kind = 'property' ORDER BY id) p
    WHERE p.payload ->> 'event' = item.id)))
WHERE kind = 'event';

DELETE FROM item WHERE kind = 'property';
