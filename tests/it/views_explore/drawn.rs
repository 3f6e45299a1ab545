//! Funnels and trends as they are drawn: at large text, and with ugly data.
//!
//! `PICTURES=folder cargo test views_explore` writes the pictures to that folder.

use std::fs;
use std::path::{Path, PathBuf};

use stormline::app::picture;
use stormline::app::route::Route;
use stormline::app::settings::UserSettings;
use stormline::app::shell::{Mode, Shell};
use stormline::app::theme;
use stormline::base::format;
use stormline::model::funnel::{FunnelPart, FunnelSelection};
use stormline::model::item::ItemId;
use stormline::store::document::Document;

use super::{frame, import_file, sample, save_query};

#[test]
fn pages_are_drawn_at_large_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.stormline");
    fs::copy(sample(), &path).unwrap();
    for name in ["Checkout", "Checkout by country", "Orders per day"] {
        for inspected in [false, true] {
            let mut shell = Shell::new(UserSettings::unsaved(inspected, Vec::new()), Mode::Still);
            shell.open_now(&path).unwrap();
            let queries = shell.session().unwrap().workspace().queries();
            let id = queries.iter().find(|(_, saved)| saved.name.as_deref() == Some(name)).unwrap().0;
            shell.go(Route::Query(id));
            if inspected {
                let selection = FunnelSelection { step: 0, part: FunnelPart::Dropped, value: None };
                shell.views().explore.funnel().select(id, selection);
            }
            let file = picture::png([853, 533], 1.5, inspected, 5, |ui| frame(ui, &mut shell)).unwrap();
            shell.close();
            let picture = crate::picture::Picture::read(&file);
            let palette = &theme::of(inspected).palette;
            let texts = picture.count(|color| theme::contrast(color, palette.surface) > 8.0);
            assert!(texts > 2000, "{name}: {texts} pixels of text");
            if let Some(folder) = std::env::var_os("PICTURES").map(PathBuf::from) {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(format!("large-{name}-{inspected}.png")), &file).unwrap();
            }
        }
    }
}

/// A log of 200 names of 40 characters, a property of 200 values, among them very long and empty ones.
fn ugly(folder: &Path) -> PathBuf {
    let document = folder.join("ugly.stormline");
    Document::create(&document).unwrap().close().unwrap();
    let mut csv = String::from("event,time,user_id,country,price\n");
    for person in 0..600_u64 {
        let value = match person % 200 {
            0 => String::new(),
            1 => "x".repeat(200),
            2 => "a very long value of a property that goes on and on and on".to_owned(),
            3 => "名前".to_owned(),
            n => format!("value {n}"),
        };
        for step in 0..=person % 13 {
            let time = 1_767_225_600 + person * 7_000 + step * (person % 40 + 1) * 900;
            let price = ["", "12", "x", "40"][(person + step) as usize % 4];
            csv.push_str(&format!("{},{time},u{person},{value},{price}\n", ugly_name(step)));
        }
    }
    for n in 0..200 {
        csv.push_str(&format!("{},{},u{n},DE,1\n", ugly_name(n), 1_767_225_600 + n * 3_600));
    }
    let log = folder.join("ugly.csv");
    fs::write(&log, csv).unwrap();
    import_file(&document, &log, super::LATER);
    document
}

fn ugly_name(n: u64) -> String {
    format!("A Name Of Forty Characters Number {n:06}")
}

fn steps_text(count: u64) -> String {
    let steps: Vec<String> = (0..count).map(|n| format!("{{event='{}'}}", ugly_name(n))).collect();
    format!("kind='funnel'\nsteps=[{}]\n", steps.join(","))
}

fn ugly_queries() -> Vec<(&'static str, String)> {
    let filter = "{property='price',op='>=',value=12},{property='country',op='contains',value='a very long value of a \
                  property that goes on'},{property='country',op='one of',value=['value 4','value 5','value 6','value 7']}";
    let excluded = format!("exclude=[{{event='{}',after_step=1,before_step=3}}]\n", ugly_name(50));
    vec![
        ("twelve", steps_text(12)),
        ("one", steps_text(1)),
        ("nobody", "kind='funnel'\nsteps=[{event='Never'},{event='Seen'}]\n".to_owned()),
        ("strict", steps_text(4) + "order='strict'\n" + &excluded),
        ("any", steps_text(4) + "order='any'\n"),
        ("values", steps_text(3) + "breakdown={property='country',attribution='first'}\n"),
        (
            "filters",
            format!("kind='funnel'\nsteps=[{{event='{}',where=[{filter}]}},{{event='*'}}]\n", ugly_name(0)),
        ),
        (
            "trend-values",
            "kind='trend'\nevents=[{event='*'}]\ninterval='day'\nmeasure='events'\nbreakdown='country'\n"
                .to_owned(),
        ),
        (
            "trend-one",
            format!(
                "kind='trend'\nevents=[{{event='{}'}}]\ninterval='week'\nmeasure='persons'\nbetween={{from='2026-01-05',to='2026-01-12'}}\n",
                ugly_name(100)
            ),
        ),
        (
            "trend-none",
            "kind='trend'\nevents=[{event='Never'}]\ninterval='day'\nmeasure='events'\n".to_owned(),
        ),
    ]
}

#[test]
fn ugly_data_is_drawn_at_every_size() {
    let folder = tempfile::tempdir().unwrap();
    let document = ugly(folder.path());
    let queries: Vec<(&str, ItemId)> = (1000..)
        .zip(ugly_queries())
        .map(|(id, (name, text))| (name, save_query(&document, id, name, &text)))
        .collect();
    let wanted = std::env::var_os("PICTURES").map(PathBuf::from);
    let sizes: &[[u32; 2]] = if wanted.is_some() { &[[1280, 800], [1920, 1080]] } else { &[[1280, 800]] };
    for (place, (name, id)) in queries.into_iter().enumerate() {
        for (size, dark) in sizes.iter().zip([false, true]) {
            // For pictures both faces; as a test they take turns.
            for opened in
                [false, true].into_iter().filter(|opened| wanted.is_some() || *opened == (place % 2 == 0))
            {
                let mut shell = Shell::new(UserSettings::unsaved(dark, Vec::new()), Mode::Still);
                shell.open_now(&document).unwrap();
                shell.go(Route::Query(id));
                if opened {
                    let selection = FunnelSelection { step: 0, part: FunnelPart::Reached, value: None };
                    shell.views().explore.funnel().select(id, selection);
                }
                let file = picture::png(*size, 1.0, dark, 5, |ui| frame(ui, &mut shell)).unwrap();
                shell.close();
                let picture = crate::picture::Picture::read(&file);
                let palette = &theme::of(dark).palette;
                let texts = picture.count(|color| theme::contrast(color, palette.surface) > 8.0);
                assert!(texts > 1500, "{name}, dark {dark}: {texts} pixels of text");
                if let Some(folder) = &wanted {
                    fs::create_dir_all(folder).unwrap();
                    fs::write(folder.join(format!("ugly-{name}-{}-{opened}.png", size[0])), &file).unwrap();
                }
            }
        }
    }
    assert_eq!(format::count(10_000_000), "10\u{2009}000\u{2009}000");
}
