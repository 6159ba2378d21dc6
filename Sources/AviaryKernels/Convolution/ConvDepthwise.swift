import AviaryCore
import CSIMD

/// Depthwise convolution (one input channel a group): every channel is copied into a padded plane, in which
/// each tap of neighbouring outputs is a run of neighbours, whatever stride and dilation; a row kernel sums
/// them.
///
/// The plane is sorted by phase (position modulo stride) along every axis: element `j * stride + phase` of an
/// axis is element j of that phase's block. Output o then reads, for tap t, element `o + t * dilation /
/// stride` of the block of phase `t * dilation % stride`: outputs of one row, and of one row after the
/// other, are neighbours too. Short rows are therefore computed together, the few positions between them for
/// nothing.
struct ConvDepthwise {
  private let geometry: ConvGeometry
  /// Where each tap's run begins, from the first of the row's outputs.
  private let offsets: [Int]
  /// Whether the channel can be read where it stands.
  private let isDirect: Bool
  /// Floats of the padded plane; 0 where the channel is read where it stands.
  private let planeSize: Int
  /// How the padded plane is filled, row by row.
  private let fills: [aviary_plane_row]
  /// Rows of outputs computed together.
  private let rowsTogether: Int
  /// Outputs of a row, rows of a slice (the last two axes), floats between rows in the plane.
  private let columns: Int
  private let rows: Int
  private let pitch: Int
  /// Where each slice's first output reads with the first tap.
  private let slices: [Int]

  /// Floats of scratch memory for each thread.
  var scratchSize: Int { planeSize + rowsTogether * pitch }

  /// Largest padded plane: padding and strides come from the model.
  private static let largestPlane = 1 << 24
  /// Rows shorter than this are computed together, so many that the results stay in the first-level cache.
  private static let longRow = 64
  private static let togetherSize = 4096

  /// `nil` where the convolution is not depthwise, or padding would make the plane huge.
  init?(_ geometry: ConvGeometry) {
    guard geometry.groupInputs == 1, geometry.inputChannels == geometry.groups, !geometry.axes.isEmpty,
      geometry.outputArea > 0
    else { return nil }
    self.geometry = geometry
    let isDirect = geometry.axes.allSatisfy {
      $0.stride == 1 && $0.padBegin == 0 && $0.output - 1 + ($0.kernel - 1) * $0.dilation < $0.input
    }
    self.isDirect = isDirect
    // Phases that some tap reads, for every axis; extents of the block of one phase.
    let phases = geometry.axes.map { axis in
      Set((0..<axis.kernel).map { $0 * axis.dilation % axis.stride }).sorted()
    }
    let lengths = geometry.axes.map {
      isDirect ? $0.input : $0.output + ($0.kernel - 1) * $0.dilation / $0.stride
    }
    var size = 1
    for extent in lengths + phases.map(\.count) {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.largestPlane || isDirect else { return nil }
      size = product
    }
    planeSize = isDirect ? 0 : size
    let block = lengths.reduce(1, *)
    var offsets: [Int] = []
    var tap = Odometer(geometry.axes.map(\.kernel))
    for _ in 0..<geometry.taps {
      var (phase, offset) = (0, 0)
      for (axis, spec) in geometry.axes.enumerated() {
        let reach = tap.digits[axis] * spec.dilation
        phase = phase * phases[axis].count + (phases[axis].firstIndex(of: reach % spec.stride) ?? 0)
        offset = offset * lengths[axis] + reach / spec.stride
      }
      offsets.append(phase * block + offset)
      tap.advance()
    }
    self.offsets = offsets
    fills = isDirect ? [] : Self.fills(geometry, phases: phases, lengths: lengths)
    columns = geometry.inner.output
    rows = geometry.outer.last?.output ?? 1
    pitch = lengths.last ?? 1
    rowsTogether = columns >= Self.longRow ? 0 : min(rows, max(1, Self.togetherSize / max(1, pitch)))
    let sliceAxes = geometry.axes.dropLast(2)
    var slice = Odometer(sliceAxes.map(\.output))
    var slices: [Int] = []
    for _ in 0..<sliceAxes.reduce(1, { $0 * $1.output }) {
      let first = zip(slice.digits, lengths).reduce(0) { $0 * $1.1 + $1.0 }
      slices.append(first * lengths.suffix(min(2, lengths.count)).reduce(1, *))
      slice.advance()
    }
    self.slices = slices
  }

  /// - Parameters:
  ///   - weights: M x taps, as the model has them.
  ///   - epilogue: `rowBias` is the bias, `residual` has the output's layout.
  func run(
    x: UnsafePointer<Float>, weights: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
    epilogue: Epilogue, scratch: WorkerScratch<Float>, parallel: any Parallel, kernels: TileKernels
  ) {
    let (inArea, outArea) = (geometry.inputArea, geometry.outputArea)
    let multiplier = geometry.groupOutputs
    let work = max(1, outArea * multiplier * geometry.taps)
    parallel.forEach(geometry.batch * geometry.inputChannels, grain: max(1, 32768 / work)) { range in
      scratch.withSlot { memory in
        for index in range {
          let (n, channel) = index.quotientAndRemainder(dividingBy: geometry.inputChannels)
          let source = x + index * inArea
          if !isDirect {
            kernels.table.fill_plane(memory, source, fills, fills.count, pitch, geometry.inner.stride)
          }
          let plane = isDirect ? source : UnsafePointer(memory)
          for m in channel * multiplier..<(channel + 1) * multiplier {
            let start = (n * geometry.outputChannels + m) * outArea
            var part = epilogue.from(row: 0, column: 0)
            part.row_bias = nil
            part.residual = epilogue.residual.map { $0 + start }
            convolve(
              plane, weights + m * geometry.taps, bias: epilogue.rowBias.map { $0[m] } ?? 0, y + start,
              together: memory + planeSize, &part, kernels)
          }
        }
      }
    }
  }

  private func convolve(
    _ plane: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, bias: Float,
    _ y: UnsafeMutablePointer<Float>, together: UnsafeMutablePointer<Float>,
    _ part: inout aviary_epilogue, _ kernels: TileKernels
  ) {
    offsets.withUnsafeBufferPointer { offsets in
      for (index, first) in slices.enumerated() {
        let source = plane + first
        let target = y + index * rows * columns
        guard rowsTogether > 0 else {
          for row in 0..<rows {
            kernels.table.taps(
              source + row * pitch, offsets.baseAddress, weights, offsets.count, bias,
              target + row * columns, columns)
          }
          continue
        }
        for row in stride(from: 0, to: rows, by: rowsTogether) {
          let count = min(rowsTogether, rows - row)
          kernels.table.taps(
            source + row * pitch, offsets.baseAddress, weights, offsets.count, bias, together,
            (count - 1) * pitch + columns)
          // Gathers the rows and finishes them on the way.
          var rowPart = part
          rowPart.residual = part.residual.map { $0 + (index * rows + row) * columns }
          rowPart.residual_row = columns
          kernels.table.finish(together, pitch, target + row * columns, columns, count, columns, &rowPart)
        }
      }
    }
    if rowsTogether == 0, part.residual != nil || part.activation != 0 {
      let area = slices.count * rows * columns
      kernels.table.finish(y, area, y, area, 1, area, &part)
    }
  }

  /// How the rows of the padded plane come from the input's rows.
  private static func fills(
    _ geometry: ConvGeometry, phases: [[Int]], lengths: [Int]
  ) -> [aviary_plane_row] {
    let inner = geometry.inner
    let outer = Array(geometry.outer)
    let length = lengths.last ?? 1
    let rows = lengths.dropLast().reduce(1, *)
    var fills: [aviary_plane_row] = []
    var phase = Odometer(phases.map(\.count))
    for _ in 0..<phases.reduce(1, { $0 * $1.count }) {
      let own = zip(phases, phase.digits).map { $0[$1] }
      phase.advance()
      // Element j of this phase is the input's element j * stride + shift, inside for j in `run`.
      let shift = (own.last ?? 0) - inner.padBegin
      let run = WindowAxis(
        input: inner.input, output: length, kernel: 1, stride: inner.stride, padBegin: -shift
      ).inside(tap: 0)
      var position = Odometer(Array(lengths.dropLast()))
      for _ in 0..<rows {
        var source = 0
        var isInside = true
        for (axis, spec) in outer.enumerated() {
          let i = position.digits[axis] * spec.stride + own[axis] - spec.padBegin
          isInside = isInside && i >= 0 && i < spec.input
          source = source * spec.input + i
        }
        position.advance()
        fills.append(
          isInside
            ? aviary_plane_row(
              source: source * inner.input + shift, low: run.lowerBound, high: run.upperBound)
            : aviary_plane_row(source: 0, low: 0, high: 0))
      }
    }
    return fills
  }
}
