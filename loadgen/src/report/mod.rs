//! Outcomes as files for people.
