//! CRC-32C of bytes from that of their parts, without reading them: it is a remainder modulo a polynomial, bytes that follow
//! multiply it by a power of x, and that can be undone. So what a producer's checksum covers is not read again for ours.

/// The polynomial, its lowest power in the highest bit.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// x to this power is one.
const ORDER: u64 = (1 << 31) - 1;

const ONE: u32 = 1 << 31;

/// `UP[i][d]` is the power of x by which `d << (8 * i)` bytes multiply what they follow.
static UP: [[u32; 256]; 4] = powers(8);

/// Those powers' inverses.
static DOWN: [[u32; 256]; 4] = powers(ORDER - 8);

/// Powers of x to this power, for each digit of their exponents.
const fn powers(mut exponent: u64) -> [[u32; 256]; 4] {
    let (mut step, mut square) = (ONE, ONE >> 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            step = multiply(step, square);
        }
        square = multiply(square, square);
        exponent /= 2;
    }
    let mut powers = [[ONE; 256]; 4];
    let mut i = 0;
    while i < powers.len() {
        let mut d = 1;
        while d < powers[i].len() {
            powers[i][d] = multiply(powers[i][d - 1], step);
            d += 1;
        }
        step = multiply(powers[i][d - 1], step);
        i += 1;
    }
    powers
}

const fn multiply(a: u32, mut b: u32) -> u32 {
    let mut product = 0;
    let mut bit = 32;
    while bit > 0 {
        bit -= 1;
        product ^= b & ((a >> bit) & 1).wrapping_neg();
        b = (b >> 1) ^ (POLYNOMIAL & (b & 1).wrapping_neg());
    }
    product
}

/// The product of what the digits of `len` stand for.
fn power(powers: &[[u32; 256]; 4], len: u64) -> u32 {
    let digits = ((len % ORDER) as u32).to_le_bytes();
    let digits = powers.iter().zip(digits).filter(|(_, digit)| *digit > 0);
    digits.map(|(powers, digit)| powers[usize::from(digit)]).reduce(multiply).unwrap_or(ONE)
}

/// What a difference of checksums becomes when the same `len` bytes follow.
#[must_use]
pub fn behind(difference: u32, len: u64) -> u32 {
    multiply(power(&UP, len), difference)
}

/// The checksum of some bytes followed by `len` others, from those of both.
#[must_use]
pub fn append(before: u32, after: u32, len: u64) -> u32 {
    behind(before, len) ^ after
}

/// The checksum of some bytes, from that of them followed by `len` others, and that of those.
#[must_use]
pub fn cut(whole: u32, after: u32, len: u64) -> u32 {
    multiply(power(&DOWN, len), whole ^ after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crc32c::crc32c;

    #[test]
    fn parts_make_the_whole_and_the_whole_its_parts() {
        let bytes: Vec<u8> = (0..70_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for at in [0, 1, 2, 15, 16, 17, 255, 4096, 12_345, 65_535, 69_999, 70_000] {
            let (before, after) = bytes.split_at(at);
            let len = after.len() as u64;
            assert_eq!(append(crc32c(before), crc32c(after), len), crc32c(&bytes), "{at}");
            assert_eq!(cut(crc32c(&bytes), crc32c(after), len), crc32c(before), "{at}");
        }
    }

    #[test]
    fn powers_come_round() {
        for powers in [&UP, &DOWN] {
            assert_eq!(power(powers, 0), ONE);
            assert_eq!(power(powers, ORDER), ONE);
            assert_eq!(power(powers, ORDER + 1), powers[0][1]);
        }
        for n in [1, 7, 255, 256, 1 << 20, ORDER - 1] {
            assert_eq!(multiply(power(&UP, n), power(&DOWN, n)), ONE, "{n}");
        }
    }
}
