//! RLP as a tree, written from the definition and not from the codec: the tests' own opinion of what is canonical.

/// An RLP item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A byte string.
    Text(Vec<u8>),
    /// A list.
    List(Vec<Item>),
    /// Bytes that stand as they are, whatever RLP says of them.
    Raw(Vec<u8>),
}

impl Item {
    /// A number without leading zeros.
    pub fn number(value: u128) -> Item {
        Item::Text(value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect())
    }

    /// The one item that these bytes are; none if they are anything else.
    pub fn parse(bytes: &[u8]) -> Option<Item> {
        let mut rest = bytes;
        Item::take(&mut rest).filter(|_| rest.is_empty())
    }

    fn take(rest: &mut &[u8]) -> Option<Item> {
        let first = usize::from(*rest.first()?);
        if first < 0x80 {
            return Some(Item::Text(split(rest, 1)?.to_vec()));
        }
        split(rest, 1)?;
        let base = if first < 0xc0 { 0x80 } else { 0xc0 };
        let mut length = first - base;
        if length > 55 {
            let digits = split(rest, length - 55)?;
            length = digits
                .iter()
                .try_fold(0_usize, |sum, digit| Some(sum.checked_mul(256)? + usize::from(*digit)))?;
            if digits[0] == 0 || length <= 55 {
                return None;
            }
        }
        let mut payload = split(rest, length)?;
        if base == 0x80 {
            let short = length == 1 && payload[0] < 0x80;
            return (!short).then(|| Item::Text(payload.to_vec()));
        }
        let mut items = Vec::new();
        while !payload.is_empty() {
            items.push(Item::take(&mut payload)?);
        }
        Some(Item::List(items))
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Item::Raw(bytes) => bytes.clone(),
            Item::Text(text) if text.len() == 1 && text[0] < 0x80 => text.clone(),
            Item::Text(text) => [header(0x80, text.len() as u64), text.clone()].concat(),
            Item::List(items) => {
                let payload: Vec<u8> = items.iter().flat_map(Item::encode).collect();
                [header(0xc0, payload.len() as u64), payload].concat()
            }
        }
    }
}

/// The header of a text (base 0x80) or a list (0xc0) of this length.
pub fn header(base: u8, length: u64) -> Vec<u8> {
    if length <= 55 {
        return vec![base + length as u8];
    }
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [vec![base + 55 + digits.len() as u8], digits].concat()
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}
