//! Foreign files to and from model types: readers and writers, no sockets.
