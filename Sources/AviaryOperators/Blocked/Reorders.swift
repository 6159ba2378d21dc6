import AviaryCore
import AviaryKernels

/// An operator that moves an image into or out of blocked layout, or takes its means there: bound to the
/// image's extents.
protocol ReorderKind: Sendable {
  static var name: String { get }
  /// Axes of the input.
  static var rank: Int { get }
  /// Extents of the output, from the input's and the attribute `channels`.
  static func output(_ dims: [Extent], channels: Int, _ plain: Reorder.Plain) -> [Extent]
  /// Images, channels and pixels, from the input's extents.
  static func image(_ dims: [Int], channels: Int, _ plain: Reorder.Plain) -> (Int, Int, Int)
  static func run(
    _ reorder: Reorder, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ parallel: any Parallel)
}

/// `aviary.Block`, `aviary.Unblock` and `aviary.BlockedGlobalAveragePool`, made by the layout pass.
///
/// Attributes: `channels` (of the image; the last block may hold fewer), `layout` of the plain side (`NCHW`,
/// the default, or `NHWC`).
struct ReorderOperator<Kind: ReorderKind>: BindingOperator {
  static var id: OperatorID { OperatorID(Kind.name, domain: OperatorID.aviaryDomain) }
  static var opsets: ClosedRange<Int> { 1...1 }

  private let channels: Int
  private let plain: Reorder.Plain

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    channels = try attributes.int("channels").required("channels")
    let layout = try attributes.string("layout", default: "NCHW", among: ["NCHW", "NHWC"])
    plain = layout == "NCHW" ? .channelsFirst : .channelsLast
    guard channels > 0, channels < 1 << 40 else {
      throw ImportError(.invalidAttribute, "attribute 'channels' is \(channels)")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.float])
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(type, .unknown)] }
    guard dims.count == Kind.rank else { throw .rank(dims.count, input: 0, needs: "\(Kind.rank)") }
    return [ValueInfo(type, SymbolicShape(Kind.output(dims, channels: channels, plain)))]
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let dims = try inputs.required(0).shape.known else { return nil }
    guard dims.count == Kind.rank else { throw .rank(dims.count, input: 0, needs: "\(Kind.rank)") }
    let (batch, found, area) = Kind.image(dims, channels: channels, plain)
    let layout = BlockLayout.current
    // Blocked images say how many blocks they have, plain ones how many channels.
    guard found == channels, Kind.rank == 4 || (dims[1] == layout.blocks(channels) && dims[4] == layout.lanes)
    else { throw .invalid("an image \(dims) does not have \(channels) channels") }
    if dims.contains(0) { return EmptyKernel() }
    return Kernel(
      choice: KernelChoice(Kind.name == "BlockedGlobalAveragePool" ? "blocked mean" : "reorder"),
      reorder: Reorder(batch: batch, channels: channels, area: area, plain: plain))
  }

  func run(_ context: RunContext) throws(OperatorError) { try runBound(context) }

  private struct Kernel: BoundKernel {
    let choice: KernelChoice
    let reorder: Reorder

    func run(_ io: KernelIO) {
      guard let x = io.input(0), let y = io.output(0) else { return }
      Kind.run(reorder, x, y, io.parallel)
    }
  }
}

/// Plain to blocked.
enum Block: ReorderKind {
  static let name = "Block"
  static let rank = 4

  static func output(_ dims: [Extent], channels: Int, _ plain: Reorder.Plain) -> [Extent] {
    let layout = BlockLayout.current
    let area = plain == .channelsFirst ? dims[2...3] : dims[1...2]
    return [dims[0], .known(layout.blocks(channels))] + area + [.known(layout.lanes)]
  }

  static func image(_ dims: [Int], channels: Int, _ plain: Reorder.Plain) -> (Int, Int, Int) {
    plain == .channelsFirst ? (dims[0], dims[1], dims[2] * dims[3]) : (dims[0], dims[3], dims[1] * dims[2])
  }

  static func run(
    _ reorder: Reorder, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ parallel: any Parallel
  ) { reorder.block(x, y, parallel: parallel) }
}

/// Blocked to plain.
enum Unblock: ReorderKind {
  static let name = "Unblock"
  static let rank = 5

  static func output(_ dims: [Extent], channels: Int, _ plain: Reorder.Plain) -> [Extent] {
    plain == .channelsFirst
      ? [dims[0], .known(channels), dims[2], dims[3]] : [dims[0], dims[2], dims[3], .known(channels)]
  }

  static func image(_ dims: [Int], channels: Int, _ plain: Reorder.Plain) -> (Int, Int, Int) {
    (dims[0], channels, dims[2] * dims[3])
  }

  static func run(
    _ reorder: Reorder, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ parallel: any Parallel
  ) { reorder.unblock(x, y, parallel: parallel) }
}

/// GlobalAveragePool of a blocked image, its result blocked: N x C/c x 1 x 1 x c.
enum BlockedGlobalAveragePool: ReorderKind {
  static let name = "BlockedGlobalAveragePool"
  static let rank = 5

  static func output(_ dims: [Extent], channels: Int, _ plain: Reorder.Plain) -> [Extent] {
    [dims[0], dims[1], 1, 1, dims[4]]
  }

  static func image(_ dims: [Int], channels: Int, _ plain: Reorder.Plain) -> (Int, Int, Int) {
    (dims[0], channels, dims[2] * dims[3])
  }

  static func run(
    _ reorder: Reorder, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ parallel: any Parallel
  ) { reorder.means(x, y, parallel: parallel) }
}
