//! Order opaque block ids among mutually suspicious validators.
