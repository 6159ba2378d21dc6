import Foundation

/// The generator MT19937 (Matsumoto and Nishimura, "Mersenne Twister", 1998), which numpy's `RandomState`
/// uses.
struct MersenneTwister {
  private static let size = 624
  private static let middle = 397

  private var state: [UInt32]
  private var next = MersenneTwister.size
  /// A normal draw that is left of the last pair.
  private var spare: Double?

  /// Knuth's linear recurrence, as the authors initialise it.
  init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.size)
    for i in 1..<Self.size {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
  }

  /// 32 random bits.
  mutating func bits() -> UInt32 {
    if next == Self.size { renew() }
    var y = state[next]
    next += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C_5680
    y ^= (y << 15) & 0xEFC6_0000
    return y ^ (y >> 18)
  }

  /// Uniform in `0 ..< 1`, 53 bits.
  mutating func uniform() -> Double {
    let (high, low) = (bits() >> 5, bits() >> 6)
    return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
  }

  /// Normal with mean 0 and deviation 1, by the polar method (Marsaglia and Bray, 1964), in numpy's order.
  mutating func normal() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    while true {
      let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = x * x + y * y
      guard square < 1, square != 0 else { continue }
      let factor = (-2 * log(square) / square).squareRoot()
      spare = factor * x
      return factor * y
    }
  }

  private mutating func renew() {
    for i in 0..<Self.size {
      let y = (state[i] & 0x8000_0000) | (state[(i + 1) % Self.size] & 0x7FFF_FFFF)
      state[i] = state[(i + Self.middle) % Self.size] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    next = 0
  }
}
