//! CRC-32C of bytes from that of their parts, without reading them: it is a remainder modulo a polynomial, bytes that follow
//! multiply it by a power of x, and that can be undone. So what a producer's checksum covers is not read again for ours.

/// The polynomial, its lowest power in the highest bit.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// x to this power is one.
const ORDER: u64 = (1 << 31) - 1;

/// Bits of an exponent looked up at a time.
const WINDOW: u32 = 4;

/// `POWERS[i][d]` is x to the power of `d << (WINDOW * i)`.
const POWERS: [[u32; 1 << WINDOW]; 8] = {
    let mut powers = [[1 << 31; 1 << WINDOW]; 8];
    let mut step = 1 << 30;
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
};

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

/// x to a power below [`ORDER`].
fn power(mut exponent: u64) -> u32 {
    let mut product = 1 << 31;
    for of_digit in POWERS {
        let digit = exponent as usize % of_digit.len();
        if digit > 0 {
            product = multiply(product, of_digit[digit]);
        }
        exponent >>= WINDOW;
        if exponent == 0 {
            break;
        }
    }
    product
}

/// What a difference of checksums becomes when the same `len` bytes follow.
#[must_use]
pub fn behind(difference: u32, len: u64) -> u32 {
    multiply(power(8 * len % ORDER), difference)
}

/// The checksum of some bytes followed by `len` others, from those of both.
#[must_use]
pub fn append(before: u32, after: u32, len: u64) -> u32 {
    behind(before, len) ^ after
}

/// The checksum of some bytes, from that of them followed by `len` others, and that of those.
#[must_use]
pub fn cut(whole: u32, after: u32, len: u64) -> u32 {
    multiply(power((ORDER - 8 * len % ORDER) % ORDER), whole ^ after)
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
        assert_eq!(power(ORDER), 1 << 31);
        assert_eq!(power(0), 1 << 31);
        for n in [1, 7, 1 << 20, ORDER - 1] {
            assert_eq!(multiply(power(n), power(ORDER - n)), 1 << 31, "{n}");
        }
    }
}
