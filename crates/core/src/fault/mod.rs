//! A store that fails on demand.
