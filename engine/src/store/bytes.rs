//! `Cursor`: reads from a slice, and never beyond it.

use alloy_primitives::U256;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

const SHORT: Malformed = Malformed("it ends too early");

/// What is left to be read.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// All that is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Says so if anything is left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("something follows its end")) }
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(SHORT)?;
        self.rest = tail;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number in groups of seven bits, lowest first, in as few bytes as it needs.
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                return Err(Malformed("a number beyond 64 bits"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                let is_shortest = byte != 0 || shift == 0;
                return is_shortest.then_some(value).ok_or(Malformed("a number longer than it needs to be"));
            }
        }
        Err(Malformed("a number beyond 64 bits"))
    }

    /// How many entries follow, each of which takes at least this many bytes: never more than there is room for.
    pub(crate) fn count(&mut self, entry_bytes_min: usize) -> Result<usize, Malformed> {
        let count = self.varint()?;
        let most = self.left() / entry_bytes_min;
        usize::try_from(count).ok().filter(|count| *count <= most).ok_or(SHORT)
    }

    /// Bytes behind their count.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.count(1)?;
        self.slice(count)
    }

    /// A number of this many bytes, big-endian, the first of them not zero.
    pub(crate) fn number(&mut self, length: usize) -> Result<U256, Malformed> {
        let bytes = self.slice(length)?;
        if length > 32 {
            return Err(Malformed("a number beyond 256 bits"));
        }
        if bytes.first() == Some(&0) {
            return Err(Malformed("a number longer than it needs to be"));
        }
        Ok(U256::from_be_slice(bytes))
    }
}

/// Writes what [`Cursor::varint`] reads.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes what [`Cursor::bytes`] reads.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Length of a number in bytes, big-endian without zeros in front.
pub(crate) fn number_bytes(value: &U256) -> usize {
    value.byte_len()
}

/// Writes what [`Cursor::number`] reads.
pub(crate) fn put_number(out: &mut Vec<u8>, value: &U256) {
    let bytes = value.to_be_bytes::<32>();
    out.extend_from_slice(&bytes[32 - number_bytes(value)..]);
}
