//! The fields of Snowplow's enriched events, by position and by what they hold. Not for reading them: see `snowplow`.

/// The names of the 131 fields of an enriched event, in order.
pub(super) const FIELDS: [&str; 131] = [
    "app_id",
    "platform",
    "etl_tstamp",
    "collector_tstamp",
    "dvce_created_tstamp",
    "event",
    "event_id",
    "txn_id",
    "name_tracker",
    "v_tracker",
    "v_collector",
    "v_etl",
    "user_id",
    "user_ipaddress",
    "user_fingerprint",
    "domain_userid",
    "domain_sessionidx",
    "network_userid",
    "geo_country",
    "geo_region",
    "geo_city",
    "geo_zipcode",
    "geo_latitude",
    "geo_longitude",
    "geo_region_name",
    "ip_isp",
    "ip_organization",
    "ip_domain",
    "ip_netspeed",
    "page_url",
    "page_title",
    "page_referrer",
    "page_urlscheme",
    "page_urlhost",
    "page_urlport",
    "page_urlpath",
    "page_urlquery",
    "page_urlfragment",
    "refr_urlscheme",
    "refr_urlhost",
    "refr_urlport",
    "refr_urlpath",
    "refr_urlquery",
    "refr_urlfragment",
    "refr_medium",
    "refr_source",
    "refr_term",
    "mkt_medium",
    "mkt_source",
    "mkt_term",
    "mkt_content",
    "mkt_campaign",
    "contexts",
    "se_category",
    "se_action",
    "se_label",
    "se_property",
    "se_value",
    "unstruct_event",
    "tr_orderid",
    "tr_affiliation",
    "tr_total",
    "tr_tax",
    "tr_shipping",
    "tr_city",
    "tr_state",
    "tr_country",
    "ti_orderid",
    "ti_sku",
    "ti_name",
    "ti_category",
    "ti_price",
    "ti_quantity",
    "pp_xoffset_min",
    "pp_xoffset_max",
    "pp_yoffset_min",
    "pp_yoffset_max",
    "useragent",
    "br_name",
    "br_family",
    "br_version",
    "br_type",
    "br_renderengine",
    "br_lang",
    "br_features_pdf",
    "br_features_flash",
    "br_features_java",
    "br_features_director",
    "br_features_quicktime",
    "br_features_realplayer",
    "br_features_windowsmedia",
    "br_features_gears",
    "br_features_silverlight",
    "br_cookies",
    "br_colordepth",
    "br_viewwidth",
    "br_viewheight",
    "os_name",
    "os_family",
    "os_manufacturer",
    "os_timezone",
    "dvce_type",
    "dvce_ismobile",
    "dvce_screenwidth",
    "dvce_screenheight",
    "doc_charset",
    "doc_width",
    "doc_height",
    "tr_currency",
    "tr_total_base",
    "tr_tax_base",
    "tr_shipping_base",
    "ti_currency",
    "ti_price_base",
    "base_currency",
    "geo_timezone",
    "mkt_clickid",
    "mkt_network",
    "etl_tags",
    "dvce_sent_tstamp",
    "refr_domain_userid",
    "refr_dvce_tstamp",
    "derived_contexts",
    "domain_sessionid",
    "derived_tstamp",
    "event_vendor",
    "event_name",
    "event_format",
    "event_version",
    "event_fingerprint",
    "true_tstamp",
];

/// How a field's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As text.
    Text,
    /// As a number.
    Number,
    /// As a truth value: `1`, `0`, `true`, `false`.
    Boolean,
    /// A list of self-describing objects.
    Contexts,
    /// One self-describing object.
    Unstruct,
    /// The data of contexts of one schema, in a table's column.
    ContextColumn,
    /// The data of a self-describing event, in a table's column.
    UnstructColumn,
}

/// Where a field belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the event: what was done, where, and how the person came.
    Property,
    /// To the device, the place and the identifiers that are none of the person's own.
    Context,
    /// To the way the event travelled.
    Extra,
}

/// What a field of a name holds; a name that is not known holds text.
pub(super) fn kind(name: &str) -> Kind {
    const NUMBERS: [&str; 25] = [
        "domain_sessionidx",
        "geo_latitude",
        "geo_longitude",
        "page_urlport",
        "refr_urlport",
        "se_value",
        "tr_total",
        "tr_tax",
        "tr_shipping",
        "ti_price",
        "ti_quantity",
        "pp_xoffset_min",
        "pp_xoffset_max",
        "pp_yoffset_min",
        "pp_yoffset_max",
        "br_viewwidth",
        "br_viewheight",
        "dvce_screenwidth",
        "dvce_screenheight",
        "doc_width",
        "doc_height",
        "tr_total_base",
        "tr_tax_base",
        "tr_shipping_base",
        "ti_price_base",
    ];
    match name {
        "contexts" | "derived_contexts" => Kind::Contexts,
        "unstruct_event" => Kind::Unstruct,
        _ if name.starts_with("contexts_") => Kind::ContextColumn,
        _ if name.starts_with("unstruct_event_") => Kind::UnstructColumn,
        "br_cookies" | "dvce_ismobile" => Kind::Boolean,
        _ if name.starts_with("br_features_") => Kind::Boolean,
        _ if NUMBERS.contains(&name) => Kind::Number,
        _ => Kind::Text,
    }
}

/// Where a field of a name belongs.
pub(super) fn place(name: &str) -> Place {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    match name {
        "domain_sessionid" | "domain_sessionidx" => Place::Property,
        "txn_id" | "event_vendor" | "event_format" | "event_version" | "event_fingerprint" | "etl_tags"
        | "base_currency" => Place::Extra,
        _ if name.ends_with("_tstamp") => Place::Extra,
        _ if starts(&["page_", "mkt_", "se_", "tr_", "ti_", "pp_", "unstruct_event"]) => Place::Property,
        "refr_domain_userid" => Place::Context,
        _ if starts(&["refr_"]) => Place::Property,
        _ => Place::Context,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_stand_where_snowplow_puts_them() {
        for (position, name) in [
            (4, "collector_tstamp"),
            (7, "event_id"),
            (13, "user_id"),
            (16, "domain_userid"),
            (53, "contexts"),
            (59, "unstruct_event"),
            (123, "derived_contexts"),
            (127, "event_name"),
            (131, "true_tstamp"),
        ] {
            assert_eq!(FIELDS[position - 1], name);
        }
        let distinct: std::collections::BTreeSet<&str> = FIELDS.into_iter().collect();
        assert_eq!(distinct.len(), FIELDS.len());
    }
}
