//! Hashing.

/// Ethereum's hash, Keccak-256 as it was before SHA-3 changed the padding, of `bytes`.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    <keccak_asm::Keccak256 as keccak_asm::Digest>::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::keccak256;

    #[test]
    fn the_empty_string_has_the_hash_that_ethereum_gives_accounts_without_code() {
        let expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        assert_eq!(const_hex::encode(keccak256(b"")), expected);
    }
}
