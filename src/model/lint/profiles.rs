//! What destinations accept. Not for sending: see `formats::destination`.
//!
//! Figures are those that the vendors' documentation gave in 2026; a limit that none states is none here.

/// The limits of one destination.
#[derive(Debug)]
pub struct Profile {
    /// Stable: `ga4`.
    pub code: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Most events of a plan.
    pub events: Option<usize>,
    /// Most properties of an event.
    pub properties: Option<usize>,
    /// Longest name of an event, in characters.
    pub event_name: Option<usize>,
    /// Longest name of a property, in characters.
    pub property_name: Option<usize>,
    /// Deepest nesting of objects; 0 takes none.
    pub depth: Option<usize>,
    /// True when names are of letters, digits and `_`, a letter first.
    pub plain_names: bool,
    /// Names of events that are taken.
    pub reserved_events: &'static [&'static str],
    /// Beginnings of names, of events and properties, that are taken.
    pub reserved_prefixes: &'static [&'static str],
    /// Names of properties that are taken.
    pub reserved_properties: &'static [&'static str],
}

const NONE: Profile = Profile {
    code: "",
    name: "",
    events: None,
    properties: None,
    event_name: None,
    property_name: None,
    depth: None,
    plain_names: false,
    reserved_events: &[],
    reserved_prefixes: &[],
    reserved_properties: &[],
};

/// Every destination whose limits are known.
pub const PROFILES: &[Profile] = &[
    Profile {
        code: "ga4",
        name: "GA4 and Firebase",
        events: Some(500),
        properties: Some(25),
        event_name: Some(40),
        property_name: Some(40),
        depth: Some(0),
        plain_names: true,
        reserved_events: &[
            "click",
            "error",
            "file_download",
            "first_open",
            "first_visit",
            "form_start",
            "form_submit",
            "in_app_purchase",
            "page_view",
            "scroll",
            "session_start",
            "user_engagement",
            "view_search_results",
        ],
        reserved_prefixes: &[
            "firebase_",
            "ga_",
            "google_",
            "gtag.",
            "_",
            "video_",
            "ad_",
            "app_",
            "notification_",
        ],
        reserved_properties: &[],
    },
    Profile {
        code: "amplitude",
        name: "Amplitude",
        events: Some(2_000),
        properties: Some(2_000),
        depth: Some(0),
        reserved_prefixes: &["[Amplitude]"],
        ..NONE
    },
    Profile {
        code: "mixpanel",
        name: "Mixpanel",
        events: Some(5_000),
        properties: Some(255),
        event_name: Some(255),
        property_name: Some(255),
        depth: Some(3),
        reserved_prefixes: &["$"],
        reserved_properties: &["distinct_id", "time", "token"],
        ..NONE
    },
    Profile { code: "mparticle", name: "mParticle", events: Some(1_000), event_name: Some(255), ..NONE },
    Profile {
        code: "rudderstack",
        name: "RudderStack",
        event_name: Some(64),
        property_name: Some(65),
        ..NONE
    },
    Profile {
        code: "segment",
        name: "Segment",
        events: Some(2_000),
        reserved_prefixes: &["Segment "],
        ..NONE
    },
    Profile { code: "posthog", name: "PostHog", reserved_prefixes: &["$"], ..NONE },
];

impl Profile {
    /// True when a name, of an event or a property, is not to be had here.
    pub(crate) fn reserves(&self, name: &str, is_event: bool) -> bool {
        let taken = if is_event { self.reserved_events } else { self.reserved_properties };
        taken.contains(&name) || self.reserved_prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}
