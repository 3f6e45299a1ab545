//! Parquet files, written here and read back.

use std::sync::Arc;

use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type,
};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use stormline::formats::log::Reason;

use super::*;

type Group<'g> = SerializedRowGroupWriter<'g, Vec<u8>>;

/// A file of the schema, its row groups written one after the other.
pub(super) fn file(schema: &str, groups: &[&dyn Fn(&mut Group<'_>)]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
    for write in groups {
        let mut group = writer.next_row_group().unwrap();
        write(&mut group);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

pub(super) fn put<T: DataType>(group: &mut Group<'_>, values: &[T::T], defined: &[i16]) {
    put_repeated::<T>(group, values, defined, &[]);
}

fn put_repeated<T: DataType>(group: &mut Group<'_>, values: &[T::T], defined: &[i16], repeated: &[i16]) {
    let some = |levels: &'static [i16]| (!levels.is_empty()).then_some(levels);
    let mut column = group.next_column().unwrap().unwrap();
    let defined: &'static [i16] = defined.to_vec().leak();
    let repeated: &'static [i16] = repeated.to_vec().leak();
    column.typed::<T>().write_batch(values, some(defined), some(repeated)).unwrap();
    column.close().unwrap();
}

pub(super) fn texts(values: &[&str]) -> Vec<ByteArray> {
    values.iter().map(|value| ByteArray::from(*value)).collect()
}

const SCHEMA: &str = "message log {
    required binary event (UTF8);
    required int64 ts (TIMESTAMP(MILLIS,true));
    optional binary user_id (UTF8);
    optional int64 local_us (TIMESTAMP(MICROS,false));
    optional int64 nanos (TIMESTAMP(NANOS,true));
    optional int32 count;
    optional int64 big (INTEGER(64,false));
    optional boolean vip;
    optional float ratio;
    optional double price;
    optional int32 day (DATE);
    optional int64 total (DECIMAL(10,2));
    optional int32 alarm (TIME(MILLIS,true));
    optional fixed_len_byte_array(16) uid (UUID);
    optional binary blob;
    optional group place { optional binary city (UTF8); optional double lat; }
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    optional group counts (MAP) { repeated group key_value { required binary key (UTF8); optional int32 value; } }
}";

/// 2026-01-05T10:00:00Z in milliseconds.
const TEN: i64 = 1_767_607_200_000;

fn first_group(group: &mut Group<'_>) {
    put::<ByteArrayType>(group, &texts(&["Order Completed", "Product Viewed"]), &[]);
    put::<Int64Type>(group, &[TEN, TEN + 1], &[]);
    put::<ByteArrayType>(group, &texts(&["u1", "u2"]), &[1, 1]);
    put::<Int64Type>(group, &[TEN * 1000 + 250_000], &[1, 0]);
    put::<Int64Type>(group, &[TEN * 1_000_000 + 1_999], &[1, 0]);
    put::<Int32Type>(group, &[-3], &[1, 0]);
    put::<Int64Type>(group, &[-1], &[1, 0]);
    put::<BoolType>(group, &[true, false], &[1, 1]);
    put::<FloatType>(group, &[0.1], &[1, 0]);
    put::<DoubleType>(group, &[12.0, f64::NAN], &[1, 1]);
    put::<Int32Type>(group, &[20_458], &[1, 0]);
    put::<Int64Type>(group, &[-1205], &[1, 0]);
    put::<Int32Type>(group, &[37_230_500], &[1, 0]);
    put::<FixedLenByteArrayType>(group, &[FixedLenByteArray::from((0..16).collect::<Vec<u8>>())], &[1, 0]);
    put::<ByteArrayType>(group, &[ByteArray::from(vec![0xff, 0x00])], &[1, 0]);
    put::<ByteArrayType>(group, &texts(&["Kiel"]), &[2, 0]);
    put::<DoubleType>(group, &[54.3], &[2, 0]);
    put_repeated::<ByteArrayType>(group, &texts(&["a", "b"]), &[3, 2, 3, 1], &[0, 1, 1, 0]);
    put_repeated::<ByteArrayType>(group, &texts(&["x", "y"]), &[2, 2, 0], &[0, 1, 0]);
    put_repeated::<Int32Type>(group, &[7], &[3, 2, 0], &[0, 1, 0]);
}

fn second_group(group: &mut Group<'_>) {
    put::<ByteArrayType>(group, &texts(&["Of Nobody"]), &[]);
    put::<Int64Type>(group, &[TEN], &[]);
    put::<ByteArrayType>(group, &[], &[0]);
    for _ in 0..2 {
        put::<Int64Type>(group, &[], &[0]);
    }
    put::<Int32Type>(group, &[], &[0]);
    put::<Int64Type>(group, &[], &[0]);
    put::<BoolType>(group, &[], &[0]);
    put::<FloatType>(group, &[], &[0]);
    put::<DoubleType>(group, &[], &[0]);
    put::<Int32Type>(group, &[], &[0]);
    put::<Int64Type>(group, &[], &[0]);
    put::<Int32Type>(group, &[], &[0]);
    put::<FixedLenByteArrayType>(group, &[], &[0]);
    put::<ByteArrayType>(group, &[], &[0]);
    put::<ByteArrayType>(group, &[], &[0]);
    put::<DoubleType>(group, &[], &[0]);
    put_repeated::<ByteArrayType>(group, &[], &[0], &[0]);
    put_repeated::<ByteArrayType>(group, &[], &[0], &[0]);
    put_repeated::<Int32Type>(group, &[], &[0], &[0]);
}

/// A log of every type in two row groups.
pub(crate) fn log_of_all_types() -> Vec<u8> {
    file(SCHEMA, &[&first_group, &second_group])
}

#[test]
fn columns_of_every_type_become_properties() {
    let (format, records) = read_all(&log_of_all_types(), "");
    assert_eq!(format, "parquet");
    let events = events(&records);
    let seen: Vec<String> = events.iter().map(|event| line(event)).collect();
    assert_eq!(
        seen,
        [
            "track | Order Completed | - - u1 - | 2026-01-05T10:00:00Z",
            "track | Product Viewed | - - u2 - | 2026-01-05T10:00:00.001Z",
        ]
    );
    assert_eq!(
        events[0].properties,
        "{\"local_us\":\"2026-01-05T10:00:00.250000\",\"nanos\":\"2026-01-05T10:00:00.000001Z\",\"count\":-3,\
         \"big\":18446744073709551615,\"vip\":true,\"ratio\":0.1,\"price\":12.0,\"day\":\"2026-01-05\",\
         \"total\":-12.05,\"alarm\":\"10:20:30.500000\",\"uid\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\",\
         \"blob\":\"ff00\",\"place\":{\"city\":\"Kiel\",\"lat\":54.3},\"tags\":[\"a\",null,\"b\"],\
         \"counts\":{\"x\":7}}"
    );
    assert_eq!(events[1].properties, r#"{"vip":false,"tags":[]}"#);
    assert_eq!(reasons(&records), [(3, Reason::NoIdentifier, "")]);
    assert!(records[2].raw.starts_with(br#"{"event":"Of Nobody","ts":"2026-01-05T10:00:00Z""#));
}

#[test]
fn a_mapping_names_columns_nested_ones_too() {
    let mapping =
        "event_is = \"Seen\"\ntime = \"local_us\"\nuser_id = \"place.city\"\nproperties = [\"vip\"]\n";
    let (_, records) = read_all(&log_of_all_types(), mapping);
    let events = events(&records);
    assert_eq!(
        line(events[0]),
        "track | Seen | - - Kiel - | 2026-01-05T09:00:00.250Z",
        "a local time has the zone"
    );
    assert_eq!(events[0].properties, r#"{"vip":true}"#);
    assert_eq!(reasons(&records)[0].1, Reason::NoTime);
    let fault = reader(format_of(b"PAR1", ""), &log_of_all_types(), "event = \"evnt\"").err().unwrap();
    assert!(fault.to_string().contains("Did you mean “event”"), "{fault}");
}

#[test]
fn a_preview_shows_columns_and_rows() {
    let bytes = log_of_all_types();
    let seen = preview_rows(format_of(&bytes, ""), &bytes, "");
    assert_eq!((seen.format, seen.read, seen.events, seen.whole), ("parquet", 3, 2, true));
    let column = |name: &str| seen.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(column("user_id").role.unwrap().key(), "user_id");
    assert_eq!(column("place.city").samples, ["Kiel"]);
}

#[test]
fn a_parquet_table_of_persons_becomes_traits() {
    let schema = "message persons { required binary user_id (UTF8); optional int32 seats; }";
    let bytes = file(
        schema,
        &[&|group| {
            put::<ByteArrayType>(group, &texts(&["u1", "u2"]), &[]);
            put::<Int32Type>(group, &[5], &[1, 0]);
        }],
    );
    let mut reader = reader(format_of(&bytes, ""), &bytes, "").unwrap();
    assert_eq!(codes(&*reader), ["table-of-persons"]);
    let (records, _) = drain(&mut *reader);
    let events = events(&records);
    assert_eq!(line(events[0]), "traits | Traits | - - u1 - | 2026-06-01T00:00:00Z");
    assert_eq!((events[0].properties.as_str(), events[1].properties.as_str()), (r#"{"seats":5}"#, ""));
}

#[test]
fn an_export_of_google_analytics_is_recognized() {
    let schema = "message events {
        required binary event_date (UTF8);
        required int64 event_timestamp;
        required binary event_name (UTF8);
        optional group event_params (LIST) { repeated group list { optional group element {
            optional binary key (UTF8);
            optional group value {
                optional binary string_value (UTF8); optional int64 int_value; optional double double_value;
            }
        } } }
        optional binary user_id (UTF8);
        optional binary user_pseudo_id (UTF8);
    }";
    let bytes = file(
        schema,
        &[&|group| {
            put::<ByteArrayType>(group, &texts(&["20260105"]), &[]);
            put::<Int64Type>(group, &[TEN * 1000 + 5], &[]);
            put::<ByteArrayType>(group, &texts(&["page_view"]), &[]);
            put_repeated::<ByteArrayType>(
                group,
                &texts(&["page_location", "ga_session_id"]),
                &[4, 4],
                &[0, 1],
            );
            put_repeated::<ByteArrayType>(group, &texts(&["https://shop.example/"]), &[5, 4], &[0, 1]);
            put_repeated::<Int64Type>(group, &[77], &[4, 5], &[0, 1]);
            put_repeated::<DoubleType>(group, &[], &[4, 4], &[0, 1]);
            put::<ByteArrayType>(group, &texts(&["u1"]), &[1]);
            put::<ByteArrayType>(group, &texts(&["p1"]), &[1]);
        }],
    );
    let mut reader = reader(format_of(&bytes, ""), &bytes, "").unwrap();
    assert_eq!(codes(&*reader), ["rows-recognized"]);
    let (records, _) = drain(&mut *reader);
    let event = events(&records)[0];
    assert_eq!(line(event), "track | page_view | - p1 u1 - | 2026-01-05T10:00:00.000005Z");
    assert_eq!(event.properties, r#"{"page_location":"https://shop.example/","ga_session_id":77}"#);
    let (_, records) = read_all(&bytes, "user_id = \"event_date\"");
    assert_eq!(line(events(&records)[0]).split(' ').nth(6), Some("20260105"), "a mapping corrects it");
}

#[test]
fn an_export_of_posthog_is_recognized() {
    let schema = "message events {
        required binary uuid (UTF8); required binary event (UTF8); required binary distinct_id (UTF8);
        optional binary properties (UTF8); optional binary person_properties (UTF8);
        required int64 timestamp (TIMESTAMP(MICROS,true)); optional binary person_id (UTF8);
    }";
    let bytes = file(
        schema,
        &[&|group| {
            put::<ByteArrayType>(group, &texts(&["0190-a"]), &[]);
            put::<ByteArrayType>(group, &texts(&["Order Completed"]), &[]);
            put::<ByteArrayType>(group, &texts(&["u1"]), &[]);
            put::<ByteArrayType>(group, &texts(&["{\"value\": 12.50, \"$is_identified\": true}"]), &[1]);
            put::<ByteArrayType>(group, &texts(&["{\"plan\":\"pro\"}"]), &[1]);
            put::<Int64Type>(group, &[TEN * 1000], &[]);
            put::<ByteArrayType>(group, &[], &[0]);
        }],
    );
    let (_, records) = read_all(&bytes, "");
    let event = events(&records)[0];
    assert_eq!(line(event), "track | Order Completed | 0190-a - u1 - | 2026-01-05T10:00:00Z");
    assert!(event.properties.starts_with(r#"{"value":12.5"#), "{}", event.properties);
    assert!(event.context.contains(r#""traits":{"plan":"pro"}"#), "{}", event.context);
}

#[test]
fn what_is_cut_or_foreign_is_said() {
    let bytes = log_of_all_types();
    for cut in [4, bytes.len() / 2, bytes.len() - 1] {
        let fault = reader(format_of(&bytes, ""), &bytes[..cut], "").err().unwrap();
        assert_eq!(fault.code, "damaged-parquet");
        assert!(fault.hint.unwrap().contains("cut off"));
    }
    let stream = log::parquet::Parquet.reader(Box::new(Cursor::new(bytes)), &options("")).err().unwrap();
    assert_eq!(stream.code, "log-out-of-order");
}
