import AviaryImage
import AviaryKernels
import CHaarScan

/// Moves a cascade's window over a picture in all sizes.
struct CascadeScan {
  struct Options: Sendable {
    /// From one size of window to the next.
    var scale = 1.1
    /// Windows that a group needs more than.
    var neighbors = 5
    /// Sides of the smallest and the largest window, in pixels; 0 means the cascade's own and the picture's.
    var smallest = 30
    var largest = 0
  }

  private let cascade: Cascade
  private let options: Options

  /// A cascade that says yes to everything is of no use, and comparing its windows would take for ever.
  private static let mostWindows = 200_000
  /// Entries of the tables that are in memory at a time.
  private static let memory = 16 << 20

  init(_ cascade: Cascade, _ options: Options) {
    self.cascade = cascade
    self.options = options
  }

  /// The windows that pass all stages, level by level, from top to bottom.
  ///
  /// - Throws: `DetectionError` where there are too many of them.
  func windows(of picture: GreyPicture) throws(DetectionError) -> [WindowRectangle] {
    let factors = self.factors(picture)
    guard let first = factors.first else { return [] }
    // One stride for all levels, so that a feature has the same addresses in each.
    let stride = Int((Float(picture.width) / first).rounded(.toNearestOrEven)) + 1
    let compiled = CompiledCascade(cascade, stride: stride)
    let tables = cascade.hasTilted ? 3 : 2
    var result: [WindowRectangle] = []
    var start = 0
    while start < factors.count {
      var levels: [IntegralLevel] = []
      var size = 0
      while start < factors.count {
        let level = level(factors[start], picture, offset: size)
        let needed = tables * level.tableSize(stride: stride)
        guard levels.isEmpty || size + needed <= Self.memory else { break }
        levels.append(level)
        size += needed
        start += 1
      }
      result += scan(levels, size: size, stride: stride, picture, compiled)
      guard result.count <= Self.mostWindows else {
        throw DetectionError(
          detector: "haar",
          problem:
            "the cascade takes more than \(Self.mostWindows) windows of the picture for faces; use another"
        )
      }
    }
    return result
  }

  // MARK: Levels

  /// How much smaller than the picture each level is.
  private func factors(_ picture: GreyPicture) -> [Float] {
    func side(_ length: Int, _ factor: Double) -> Int {
      Int((Double(length) * factor).rounded(.toNearestOrEven))
    }
    var factors: [Float] = []
    var factor = 1.0
    while side(cascade.width, factor) <= picture.width, side(cascade.height, factor) <= picture.height {
      let (width, height) = (side(cascade.width, factor), side(cascade.height, factor))
      if options.largest > 0, width > options.largest || height > options.largest { break }
      if width >= options.smallest, height >= options.smallest { factors.append(Float(factor)) }
      factor *= options.scale
    }
    return factors
  }

  private func level(_ factor: Float, _ picture: GreyPicture, offset: Int) -> IntegralLevel {
    IntegralLevel(
      width: max(1, Int((Float(picture.width) / factor).rounded(.toNearestOrEven))),
      height: max(1, Int((Float(picture.height) / factor).rounded(.toNearestOrEven))), factor: factor,
      step: factor >= 2 ? 1 : 2, offset: offset)
  }

  // MARK: The scan

  /// Rows of windows of a level: what one thread does at a time.
  private struct Strip {
    let level: IntegralLevel
    let rows: Range<Int>
  }

  private func strips(_ levels: [IntegralLevel]) -> [Strip] {
    levels.flatMap { level -> [Strip] in
      let rows = (max(0, level.height + 1 - cascade.height) + level.step - 1) / level.step
      return stride(from: 0, to: rows, by: 16).map { Strip(level: level, rows: $0..<min(rows, $0 + 16)) }
    }
  }

  private func scan(
    _ levels: [IntegralLevel], size: Int, stride: Int, _ picture: GreyPicture, _ compiled: CompiledCascade
  ) -> [WindowRectangle] {
    let strips = strips(levels)
    let memory = UnsafeMutablePointer<Int32>.allocate(capacity: size + CompiledCascade.slack)
    defer { memory.deallocate() }
    (memory + size).update(repeating: 0, count: CompiledCascade.slack)
    let pool = ThreadPool.shared()
    // Levels have places of their own, strips have slots of their own: no thread writes what another reads.
    pool.forEach(levels.count, grain: 1) { part in
      for index in part {
        levels[index].fill(memory, stride: stride, tilted: cascade.hasTilted, from: picture)
      }
    }
    var found = [[WindowRectangle]](repeating: [], count: strips.count)
    found.withUnsafeMutableBufferPointer { found in
      compiled.withScan { scan in
        pool.forEach(strips.count, grain: 1) { part in
          for index in part { found[index] = windows(of: strips[index], memory, stride, scan) }
        }
      }
    }
    return found.flatMap { $0 }
  }

  private func windows(
    of strip: Strip, _ memory: UnsafePointer<Int32>, _ stride: Int, _ scan: UnsafePointer<haar_cascade>
  ) -> [WindowRectangle] {
    let level = strip.level
    let table = level.tableSize(stride: stride)
    // Windows of a row: those that begin where the whole window still fits.
    let count = (level.width + 1 - cascade.width + level.step - 1) / level.step
    guard count > 0, level.height >= cascade.height else { return [] }
    func place(_ position: Int) -> Int32 { Int32((Float(position) * level.factor).rounded(.toNearestOrEven)) }
    let (width, height) = (place(cascade.width), place(cascade.height))
    var windows: [WindowRectangle] = []
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { places in
      for row in strip.rows {
        let y = row * level.step
        let sums = memory + level.offset + y * stride
        // Without tilted features that table is not there, and not read.
        let tilted = cascade.hasTilted ? sums + 2 * table : sums
        let faces = haar_scan_row(
          scan, sums, sums + table, tilted, Int32(count), Int32(level.step), places.baseAddress)
        for face in 0..<Int(faces) where windows.count <= Self.mostWindows {
          windows.append(
            WindowRectangle(x: place(Int(places[face]) * level.step), y: place(y), width: width, height: height))
        }
      }
    }
    return windows
  }
}
