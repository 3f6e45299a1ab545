//! The icons by what they stand for: code points of the bundled icon font.
//!
//! Not for drawing: icons are text, so any label, button or galley can hold one.

/// One icon. Write it as text (`icon.as_str()`), in [`crate::app::theme::icon`] size when it stands alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Icon(&'static str);

impl Icon {
    /// The icon as a text of one character; every bundled font family can draw it.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The icon before a word: what a button or a menu row shows.
    pub fn with(self, text: &str) -> String {
        format!("{}\u{2009} {text}", self.0)
    }
}

impl std::fmt::Display for Icon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl Icon {
            $($(#[$doc])* pub const $name: Icon = Icon($text);)*

            /// Every icon with its name, in the order of this file.
            pub const ALL: &'static [(&'static str, Icon)] = &[$((stringify!($name), Icon::$name)),*];
        }
    };
}

icons! {
    /// Phosphor `squares-four`.
    BOARD = "\u{e464}";
    /// Phosphor `table`.
    PLAN = "\u{e476}";
    /// Phosphor `lightning`.
    EVENTS = "\u{e2de}";
    /// Phosphor `chart-bar`.
    EXPLORE = "\u{e150}";
    /// Phosphor `users`.
    PEOPLE = "\u{e4d6}";
    /// Phosphor `intersect`.
    SEGMENTS = "\u{e2d2}";
    /// Phosphor `database`.
    SQL = "\u{e1de}";
    /// Phosphor `arrow-u-up-left`.
    UNDO = "\u{e08a}";
    /// Phosphor `arrow-u-up-right`.
    REDO = "\u{e08c}";
    /// Phosphor `sun`.
    SUN = "\u{e472}";
    /// Phosphor `moon`.
    MOON = "\u{e330}";
    /// Phosphor `magnifying-glass`.
    SEARCH = "\u{e30c}";
    /// Phosphor `plus`.
    PLUS = "\u{e3d4}";
    /// Phosphor `minus`.
    MINUS = "\u{e32a}";
    /// Phosphor `x`.
    CLOSE = "\u{e4f6}";
    /// Phosphor `caret-down`.
    CARET_DOWN = "\u{e136}";
    /// Phosphor `caret-right`.
    CARET_RIGHT = "\u{e13a}";
    /// Phosphor `caret-up`.
    CARET_UP = "\u{e13c}";
    /// Phosphor `caret-left`.
    CARET_LEFT = "\u{e138}";
    /// Phosphor `caret-up-down`.
    CARET_UP_DOWN = "\u{e140}";
    /// Phosphor `dots-six-vertical`.
    DRAG = "\u{eae2}";
    /// Phosphor `copy`.
    COPY = "\u{e1ca}";
    /// Phosphor `download-simple`.
    DOWNLOAD = "\u{e20c}";
    /// Phosphor `upload-simple`.
    UPLOAD = "\u{e4c0}";
    /// Phosphor `export`.
    EXPORT = "\u{eaf0}";
    /// Phosphor `trash`.
    TRASH = "\u{e4a6}";
    /// Phosphor `pencil-simple`.
    PENCIL = "\u{e3b4}";
    /// Phosphor `check`.
    CHECK = "\u{e182}";
    /// Phosphor `check-circle`.
    CHECK_CIRCLE = "\u{e184}";
    /// Phosphor `warning`.
    WARNING = "\u{e4e0}";
    /// Phosphor `warning-circle`.
    WARNING_CIRCLE = "\u{e4e2}";
    /// Phosphor `x-circle`.
    X_CIRCLE = "\u{e4f8}";
    /// Phosphor `info`.
    INFO = "\u{e2ce}";
    /// Phosphor `prohibit`.
    PROHIBIT = "\u{e3de}";
    /// Phosphor `clock`.
    CLOCK = "\u{e19a}";
    /// Phosphor `hourglass`.
    HOURGLASS = "\u{e2b2}";
    /// Phosphor `calendar-blank`.
    CALENDAR = "\u{e10a}";
    /// Phosphor `file`.
    FILE = "\u{e230}";
    /// Phosphor `file-text`.
    FILE_TEXT = "\u{e23a}";
    /// Phosphor `file-csv`.
    FILE_CSV = "\u{eb1c}";
    /// Phosphor `folder`.
    FOLDER = "\u{e24a}";
    /// Phosphor `folder-open`.
    FOLDER_OPEN = "\u{e256}";
    /// Phosphor `image`.
    IMAGE = "\u{e2ca}";
    /// Phosphor `funnel`.
    FUNNEL = "\u{e266}";
    /// Phosphor `chart-bar`.
    FUNNEL_CHART = "\u{e150}";
    /// Phosphor `funnel-simple`.
    FILTER = "\u{e268}";
    /// Phosphor `chart-line-up`.
    TREND = "\u{e156}";
    /// Phosphor `stairs`.
    RETENTION = "\u{e8ec}";
    /// Phosphor `flow-arrow`.
    FLOW = "\u{e6ec}";
    /// Phosphor `chart-bar-horizontal`.
    HISTOGRAM = "\u{e152}";
    /// Phosphor `play`.
    PLAY = "\u{e3d0}";
    /// Phosphor `stop`.
    STOP = "\u{e46c}";
    /// Phosphor `pause`.
    PAUSE = "\u{e39e}";
    /// Phosphor `arrows-clockwise`.
    REFRESH = "\u{e094}";
    /// Phosphor `gear`.
    GEAR = "\u{e270}";
    /// Phosphor `sliders-horizontal`.
    SLIDERS = "\u{e434}";
    /// Phosphor `list`.
    LIST = "\u{e2f0}";
    /// Phosphor `list-checks`.
    LIST_CHECKS = "\u{eadc}";
    /// Phosphor `list-numbers`.
    LIST_NUMBERS = "\u{e2f6}";
    /// Phosphor `table`.
    TABLE = "\u{e476}";
    /// Phosphor `rows`.
    ROWS = "\u{e5a2}";
    /// Phosphor `columns`.
    COLUMNS = "\u{e546}";
    /// Phosphor `stack`.
    STACK = "\u{e466}";
    /// Phosphor `tag`.
    TAG = "\u{e478}";
    /// Phosphor `user`.
    USER = "\u{e4c2}";
    /// Phosphor `user-focus`.
    USER_FOCUS = "\u{e6fc}";
    /// Phosphor `identification-card`.
    IDENTIFIER = "\u{e2c8}";
    /// Phosphor `eye`.
    EYE = "\u{e220}";
    /// Phosphor `eye-slash`.
    EYE_SLASH = "\u{e224}";
    /// Phosphor `lock`.
    LOCK = "\u{e2fa}";
    /// Phosphor `key`.
    KEY = "\u{e2d6}";
    /// Phosphor `shield-check`.
    SHIELD = "\u{e40c}";
    /// Phosphor `link`.
    LINK = "\u{e2e2}";
    /// Phosphor `arrow-square-out`.
    LINK_OUT = "\u{e5de}";
    /// Phosphor `arrow-right`.
    ARROW_RIGHT = "\u{e06c}";
    /// Phosphor `arrow-left`.
    ARROW_LEFT = "\u{e058}";
    /// Phosphor `arrow-up`.
    ARROW_UP = "\u{e08e}";
    /// Phosphor `arrow-down`.
    ARROW_DOWN = "\u{e03e}";
    /// Phosphor `sort-ascending`.
    SORT_ASCENDING = "\u{e444}";
    /// Phosphor `sort-descending`.
    SORT_DESCENDING = "\u{e446}";
    /// Phosphor `coffee`.
    COFFEE = "\u{e1c2}";
    /// Phosphor `question`.
    QUESTION = "\u{e3e8}";
    /// Phosphor `keyboard`.
    KEYBOARD = "\u{e2d8}";
    /// Phosphor `star`.
    STAR = "\u{e46a}";
    /// Phosphor `bookmark-simple`.
    BOOKMARK = "\u{e0ea}";
    /// Phosphor `dots-three`.
    MORE = "\u{e1fe}";
    /// Phosphor `dots-three-vertical`.
    MORE_VERTICAL = "\u{e208}";
    /// Phosphor `floppy-disk`.
    SAVE = "\u{e248}";
    /// Phosphor `sidebar-simple`.
    SIDEBAR = "\u{ec24}";
    /// Phosphor `house`.
    HOUSE = "\u{e2c2}";
    /// Phosphor `tray`.
    TRAY = "\u{e4aa}";
    /// Phosphor `broom`.
    BROOM = "\u{ec54}";
    /// Phosphor `hash`.
    HASH = "\u{e2a2}";
    /// Phosphor `text-t`.
    TEXT_TYPE = "\u{e48a}";
    /// Phosphor `toggle-left`.
    TOGGLE = "\u{e674}";
    /// Phosphor `brackets-curly`.
    BRACES = "\u{e860}";
    /// Phosphor `code`.
    CODE = "\u{e1bc}";
    /// Phosphor `terminal`.
    TERMINAL = "\u{e47e}";
    /// Phosphor `globe`.
    GLOBE = "\u{e288}";
    /// Phosphor `device-mobile`.
    DEVICE = "\u{e1e0}";
    /// Phosphor `flag`.
    FLAG = "\u{e244}";
    /// Phosphor `target`.
    TARGET = "\u{e47c}";
    /// Phosphor `compass`.
    COMPASS = "\u{e1c8}";
    /// Phosphor `graph`.
    GRAPH = "\u{eb58}";
    /// Phosphor `git-merge`.
    MERGE = "\u{e280}";
    /// Phosphor `git-branch`.
    BRANCH = "\u{e278}";
    /// Phosphor `path`.
    PATH = "\u{e39c}";
    /// Phosphor `note-blank`.
    NOTE = "\u{e34a}";
    /// Phosphor `sticker`.
    STICKER = "\u{e5ac}";
    /// Phosphor `paint-brush`.
    PAINT = "\u{e6f0}";
    /// Phosphor `cursor`.
    CURSOR = "\u{e1dc}";
    /// Phosphor `hand`.
    HAND = "\u{e298}";
    /// Phosphor `magnifying-glass-plus`.
    ZOOM_IN = "\u{e310}";
    /// Phosphor `magnifying-glass-minus`.
    ZOOM_OUT = "\u{e30e}";
    /// Phosphor `corners-out`.
    FIT = "\u{e1d0}";
    /// Phosphor `presentation`.
    PRESENT = "\u{e654}";
    /// Phosphor `chat-circle`.
    COMMENT = "\u{e168}";
    /// Phosphor `paperclip`.
    ATTACH = "\u{e39a}";
    /// Phosphor `paper-plane-tilt`.
    SEND = "\u{e398}";
    /// Phosphor `plugs`.
    PLUG = "\u{eb56}";
    /// Phosphor `cloud-arrow-up`.
    CLOUD_UP = "\u{e1ae}";
    /// Phosphor `lightbulb`.
    BULB = "\u{e2dc}";
    /// Phosphor `circle`.
    CIRCLE = "\u{e18a}";
    /// Phosphor `circle-dashed`.
    CIRCLE_DASHED = "\u{e602}";
    /// Phosphor `dot`.
    DOT = "\u{ecde}";
    /// Phosphor `sign-out`.
    SIGN_OUT = "\u{e42a}";
    /// Phosphor `funnel-simple`.
    LOGO = "\u{e268}";
    /// Phosphor `clock-counter-clockwise`.
    HISTORY = "\u{e1a0}";
    /// Phosphor `dots-three-outline`.
    TIMELINE = "\u{e204}";
}
