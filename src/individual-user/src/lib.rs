//! individual-user
