//! Foreign files to and from model types: readers and writers. No sockets, no clock, no threads.

pub mod log;
