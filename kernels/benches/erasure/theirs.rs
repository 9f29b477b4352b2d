//! Libraries that do the same.

use reed_solomon_erasure::galois_8::ReedSolomon;
use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use crate::contest::Contest;
use crate::shape::Shape;

/// The parity that [`ReedSolomon`] gives, which is ours.
pub fn parity(shape: Shape) -> Vec<Vec<u8>> {
    let mut parity = vec![vec![0; shape.shard_bytes]; shape.parity];
    erasure(shape).encode_sep(&shape.block(), &mut parity).expect("shards that fit");
    parity
}

fn erasure(shape: Shape) -> ReedSolomon {
    ReedSolomon::new(shape.data, shape.parity).expect("a code")
}

pub fn encode(contest: &mut Contest, shape: Shape) {
    let data = shape.block();
    {
        let data = data.clone();
        let mut code = ReedSolomonEncoder::new(shape.data, shape.parity, shape.shard_bytes).expect("a code");
        let expected = simd_parity(&mut code, &data);
        let mut is_checked = false;
        contest.add("reed-solomon-simd", 1, move |_| {
            for shard in &data {
                code.add_original_shard(shard).expect("a shard that fits");
            }
            let result = code.encode().expect("all shards");
            let parity = result.recovery_iter();
            std::mem::replace(&mut is_checked, true) || parity.eq(expected.iter().map(Vec::as_slice))
        });
    }
    let code = erasure(shape);
    let expected = parity(shape);
    let mut parity = vec![vec![0; shape.shard_bytes]; shape.parity];
    let mut is_checked = false;
    contest.add("reed-solomon-erasure, simd-accel", 1, move |_| {
        code.encode_sep(&data, &mut parity).expect("shards that fit");
        std::mem::replace(&mut is_checked, true) || parity == expected
    });
}

fn simd_parity(code: &mut ReedSolomonEncoder, data: &[Vec<u8>]) -> Vec<Vec<u8>> {
    for shard in data {
        code.add_original_shard(shard).expect("a shard that fits");
    }
    code.encode().expect("all shards").recovery_iter().map(<[u8]>::to_vec).collect()
}

pub fn decode(contest: &mut Contest, shape: Shape) {
    let lost = shape.lost();
    let data = shape.block();
    {
        let data = data.clone();
        let fits = "shards that fit";
        let mut encoder =
            ReedSolomonEncoder::new(shape.data, shape.parity, shape.shard_bytes).expect("a code");
        let parity = simd_parity(&mut encoder, &data);
        let mut code = ReedSolomonDecoder::new(shape.data, shape.parity, shape.shard_bytes).expect("a code");
        let mut is_checked = false;
        contest.add("reed-solomon-simd", 1, move |_| {
            for (index, shard) in data.iter().enumerate().skip(lost) {
                code.add_original_shard(index, shard).expect(fits);
            }
            for (index, shard) in parity.iter().enumerate().take(lost) {
                code.add_recovery_shard(index, shard).expect(fits);
            }
            let result = code.decode().expect(fits);
            let mut restored = result.restored_original_iter();
            std::mem::replace(&mut is_checked, true)
                || restored.all(|(index, shard)| shard == data[index].as_slice())
        });
    }
    let code = erasure(shape);
    let mut shards: Vec<(Vec<u8>, bool)> =
        data.iter().cloned().chain(parity(shape)).map(|shard| (shard, true)).collect();
    let mut is_checked = false;
    contest.add("reed-solomon-erasure, simd-accel", 1, move |_| {
        let is_first = !std::mem::replace(&mut is_checked, true);
        for (index, (shard, is_there)) in shards.iter_mut().enumerate() {
            *is_there = (lost..lost + data.len()).contains(&index);
            if is_first && index < lost {
                shard.fill(0);
            }
        }
        code.reconstruct_data(&mut shards).expect("enough shards");
        !is_first || shards.iter().zip(&data).all(|((shard, _), expected)| shard == expected)
    });
}
