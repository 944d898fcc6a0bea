//! What only the inside can show: that moka and the stripes agree, and how large the index is.

mod agreement;
mod bytes;
mod capacity;
mod concurrency;
mod index;
#[cfg(shuttle)]
mod interleavings;
mod listing;
mod memories;
mod support;
