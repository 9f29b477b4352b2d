//! Constants written in hexadecimal, read at compile time.

/// The `N` bytes that `text` spells with 2 `N` hexadecimal digits; anything else does not compile in a constant.
pub(crate) const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    match const_hex::const_decode_to_array(text.as_bytes()) {
        Ok(bytes) => bytes,
        Err(_) => panic!("a constant is written with two hexadecimal digits a byte"),
    }
}
