//! SHA-512 of as many messages as there are lanes, at once.
//!
//! A message here is R ‖ A ‖ M of ed25519. Blocks are of 128 bytes; a lane whose message has no more blocks keeps its
//! state while the others go on, so messages of about the same length are hashed best together.

use crate::vector::{Quad, Vector, WIDTH_MAX, Work};

/// One message: R, A and M.
pub(crate) type Message<'a> = (&'a [u8; 32], &'a [u8; 32], &'a [u8]);

/// The first 64 bits of the fractions of the square roots of the first 8 primes.
const START: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The first 64 bits of the fractions of the cube roots of the first 80 primes.
const ROUND_CONSTANTS: [u64; 80] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];

/// The hashes of at most as many messages as there are lanes; what is beyond the messages is of no meaning.
pub(super) struct Hash<'a, V> {
    pub vector: V,
    pub messages: &'a [Message<'a>],
}

impl<V: Vector> Work for Hash<'_, V> {
    type Output = [[u8; 64]; WIDTH_MAX];

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { vector: v, messages } = self;
        assert!(messages.len() <= V::WIDTH, "there is a lane for each message");
        let mut counts = [0; WIDTH_MAX];
        for (count, message) in counts.iter_mut().zip(messages) {
            *count = blocks(message.2.len());
        }
        let mut state = [v.splat(0); 8];
        for (words, start) in state.iter_mut().zip(START) {
            *words = v.splat(start);
        }
        let mut lanes = [[[0; 4]; 4]; WIDTH_MAX];
        for index in 0..counts.into_iter().max().unwrap_or(0) {
            let mut active = 0;
            for (lane, message) in messages.iter().enumerate() {
                if index < counts[lane] {
                    lanes[lane] = block(message, index, index + 1 == counts[lane]);
                    active |= 1 << lane;
                }
            }
            absorb(v, &mut state, &lanes, active);
        }
        for words in &mut state {
            *words = v.swap_bytes(*words);
        }
        let [a, b, c, d, e, f, g, h] = state;
        let mut quads = [[[0; 4]; 2]; WIDTH_MAX];
        v.store(&[a, b, c, d], &mut quads, &[0, 1, 2, 3, 4, 5, 6, 7], 0);
        v.store(&[e, f, g, h], &mut quads, &[0, 1, 2, 3, 4, 5, 6, 7], 1);
        quads.map(to_bytes)
    }
}

/// Words as bytes, the least significant first.
fn to_bytes(words: [Quad; 2]) -> [u8; 64] {
    let mut hash = [0; 64];
    for (bytes, word) in hash.as_chunks_mut::<8>().0.iter_mut().zip(words.as_flattened()) {
        *bytes = word.to_le_bytes();
    }
    hash
}

/// Blocks of R ‖ A ‖ M: behind its last byte come a byte 0x80 and, at the end of a block, its length in 16 bytes.
fn blocks(message_len: usize) -> usize {
    (64 + message_len + 17).div_ceil(128)
}

/// A block of a message as words in the order of its bytes, the least significant first.
fn block(&(nonce, key, message): &Message<'_>, index: usize, is_last: bool) -> [Quad; 4] {
    let mut block = [0; 128];
    let (rest, place) = match index.checked_sub(1) {
        None => {
            block[..32].copy_from_slice(nonce);
            block[32..64].copy_from_slice(key);
            (message, &mut block[64..])
        }
        Some(before) => (message.get(64 + 128 * before..).unwrap_or(&[]), &mut block[..]),
    };
    let taken = rest.len().min(place.len());
    place[..taken].copy_from_slice(&rest[..taken]);
    // The byte behind the message stands in this block if the message ends here, and not in the block before.
    let ends_before = index > 0 && 128 * index > 64 + message.len();
    if taken < place.len() && !ends_before {
        place[taken] = 0x80;
    }
    if is_last {
        block[112..].copy_from_slice(&(8 * (64 + message.len() as u128)).to_be_bytes());
    }
    let (words, _) = block.as_chunks();
    let mut quads = [[0; 4]; 4];
    for (quad, word) in quads.as_flattened_mut().iter_mut().zip(words) {
        *quad = u64::from_le_bytes(*word);
    }
    quads
}

/// One block into the states of the `active` lanes.
#[inline(always)]
fn absorb<V: Vector>(v: V, state: &mut [V::Words; 8], blocks: &[[Quad; 4]; WIDTH_MAX], active: u8) {
    let mut words = [v.splat(0); 16];
    for (q, four) in words.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let [l0, l1, l2, l3, l4, l5, l6, l7] = blocks;
        *four = v.load(&[&l0[q], &l1[q], &l2[q], &l3[q], &l4[q], &l5[q], &l6[q], &l7[q]]);
        for word in four {
            *word = v.swap_bytes(*word);
        }
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for constants in ROUND_CONSTANTS.as_chunks::<16>().0 {
        for i in 0..16 {
            let input = v.add(words[i], v.splat(constants[i]));
            let first = v.add(v.add(v.add(h, input), v.chosen(e, f, g)), turned(v, e, [14, 18, 41]));
            let second = v.add(turned(v, a, [28, 34, 39]), v.majority(a, b, c));
            (h, g, f, e) = (g, f, e, v.add(d, first));
            (d, c, b, a) = (c, b, a, v.add(first, second));
            // The word of the round that comes 16 later takes the place of this one.
            let older = turned_and_shifted(v, words[(i + 1) % 16], [1, 8, 7]);
            let newer = turned_and_shifted(v, words[(i + 14) % 16], [19, 61, 6]);
            words[i] = v.add(v.add(words[i], words[(i + 9) % 16]), v.add(older, newer));
        }
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = v.replaced_if(active, *old, v.add(*old, new));
    }
}

#[inline(always)]
fn turned<V: Vector>(v: V, word: V::Words, by: [i32; 3]) -> V::Words {
    v.xor(v.turn_right(word, by[0]), v.turn_right(word, by[1]), v.turn_right(word, by[2]))
}

#[inline(always)]
fn turned_and_shifted<V: Vector>(v: V, word: V::Words, by: [i32; 3]) -> V::Words {
    v.xor(v.turn_right(word, by[0]), v.turn_right(word, by[1]), v.shift_right(word, by[2]))
}
