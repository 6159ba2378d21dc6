import AviaryCore

/// Discrete Fourier transforms of many lines of a tensor, in single or double precision.
package struct SpectrumLines: Sendable {
  /// Where the lines lie: element j of line (o, i) at `(o * extent + j) * inner + i`, of numbers with
  /// `parts` (1 or 2) reals.
  package struct Layout: Sendable {
    package var outer: Int
    package var inner: Int
    package var extent: Int
    package var parts: Int

    package init(outer: Int, inner: Int, extent: Int, parts: Int) {
      self.outer = outer
      self.inner = inner
      self.extent = extent
      self.parts = parts
    }
  }

  private let length: Int
  private let isInverse: Bool
  /// The inverse of a one-sided spectrum: what is left out follows from symmetry.
  private let completes: Bool

  package init(length: Int, isInverse: Bool, completes: Bool) {
    self.length = max(1, length)
    self.isInverse = isInverse
    self.completes = completes
  }

  /// Transforms every line: inputs beyond the extent are 0, those beyond the length are left out; the first
  /// `to.extent` results are written.
  package func run(
    isDouble: Bool, _ x: UnsafeRawPointer, _ from: Layout, _ y: UnsafeMutableRawPointer, _ to: Layout,
    parallel: any Parallel
  ) {
    if isDouble {
      lines(x.assumingMemoryBound(to: Double.self), from, y.assumingMemoryBound(to: Double.self), to, parallel)
    } else {
      lines(x.assumingMemoryBound(to: Float.self), from, y.assumingMemoryBound(to: Float.self), to, parallel)
    }
  }

  private func lines<T: RealElement>(
    _ x: UnsafePointer<T>, _ from: Layout, _ y: UnsafeMutablePointer<T>, _ to: Layout, _ parallel: any Parallel
  ) {
    let transform = Fourier<T>(length: length)
    let known = min(from.extent, completes ? length / 2 + 1 : length)
    parallel.forEach(from.outer * from.inner, grain: max(1, 4096 / length)) { lines in
      var values = [FourierNumber<T>](repeating: FourierNumber(), count: length)
      for line in lines {
        let (o, i) = line.quotientAndRemainder(dividingBy: from.inner)
        for j in 0..<length {
          guard j < known else {
            values[j] = FourierNumber()
            continue
          }
          let at = ((o * from.extent + j) * from.inner + i) * from.parts
          values[j] = FourierNumber(x[at], from.parts == 2 ? x[at + 1] : 0)
        }
        if completes {
          for j in (length / 2 + 1)..<max(length, length / 2 + 1) { values[j] = values[length - j].conjugate }
        }
        transform.transform(&values, isInverse: isInverse)
        for j in 0..<to.extent {
          let at = ((o * to.extent + j) * to.inner + i) * to.parts
          y[at] = values[j].re
          if to.parts == 2 { y[at + 1] = values[j].im }
        }
      }
    }
  }

  /// The frames of short-time transforms: frame f of a signal begins at f * step and is multiplied with the
  /// window.
  package struct Frames: Sendable {
    package var batch: Int
    package var samples: Int
    /// 1 or 2 reals a sample.
    package var parts: Int
    package var window: [Double]?
    package var step: Int
    package var frames: Int
    package var bins: Int

    package init(
      batch: Int, samples: Int, parts: Int, window: [Double]?, step: Int, frames: Int, bins: Int
    ) {
      self.batch = batch
      self.samples = samples
      self.parts = parts
      self.window = window
      self.step = step
      self.frames = frames
      self.bins = bins
    }
  }

  /// Short-time transforms of x, batch x samples x parts, into y, batch x frames x bins x 2.
  package func run(
    isDouble: Bool, _ frames: Frames, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    if isDouble {
      run(frames, x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self), parallel)
    } else {
      run(frames, x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self), parallel)
    }
  }

  private func run<T: RealElement>(
    _ f: Frames, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ parallel: any Parallel
  ) {
    let transform = Fourier<T>(length: length)
    let window = f.window?.map { T.of($0) }
    parallel.forEach(f.batch * f.frames, grain: max(1, 4096 / length)) { range in
      var values = [FourierNumber<T>](repeating: FourierNumber(), count: length)
      for index in range {
        let (b, frame) = index.quotientAndRemainder(dividingBy: f.frames)
        let signal = x + (b * f.samples + frame * f.step) * f.parts
        for j in 0..<length {
          let value = FourierNumber(signal[j * f.parts], f.parts == 2 ? signal[j * 2 + 1] : 0)
          values[j] = window.map { value.times($0[j]) } ?? value
        }
        transform.transform(&values)
        for j in 0..<f.bins {
          y[(index * f.bins + j) * 2] = values[j].re
          y[(index * f.bins + j) * 2 + 1] = values[j].im
        }
      }
    }
  }
}
