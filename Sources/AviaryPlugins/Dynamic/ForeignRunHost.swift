import AviaryCore
import CAviaryPlugin

/// The host's side of one run of a plugin's operator: makes outputs and scratch memory, shares loops.
///
/// Used by the thread that runs the operator; lives as long as the call.
final class ForeignRunHost {
  private let context: RunContext
  private let promised: [ValueInfo]
  private var made: Set<Int> = []
  /// The first thing that the plugin asked for and cannot have.
  private(set) var failure: CallFailure?

  init(_ context: RunContext, promised: [ValueInfo]) {
    self.context = context
    self.promised = promised
  }

  /// The struct that the plugin gets, without its inputs.
  var view: AviaryRun {
    var view = AviaryRun()
    view.size = foreignSize(AviaryRun.self)
    view.abi = UInt32(AVIARY_ABI)
    view.host = Unmanaged.passUnretained(self).toOpaque()
    view.output_count = Int32(promised.count)
    view.make_output = { host, output, type, rank, dims in
      ForeignRunHost.of(host)?.make(output, type, rank, dims)
    }
    view.scratch = { host, bytes in ForeignRunHost.of(host)?.scratch(bytes) }
    view.parallel = { host, count, grain, body, argument in
      ForeignRunHost.of(host)?.parallel(count, grain, body, argument)
    }
    return view
  }

  private static func of(_ host: UnsafeMutableRawPointer?) -> ForeignRunHost? {
    host.map { Unmanaged<ForeignRunHost>.fromOpaque($0).takeUnretainedValue() }
  }

  private func make(
    _ output: Int32, _ type: Int32, _ rank: Int32, _ dims: UnsafePointer<Int64>?
  ) -> UnsafeMutableRawPointer? {
    do throws(CallFailure) { return try made(Int(output), type, rank, dims) } catch {
      failure = failure ?? error
      return nil
    }
  }

  private func made(
    _ output: Int, _ type: Int32, _ rank: Int32, _ dims: UnsafePointer<Int64>?
  ) throws(CallFailure) -> UnsafeMutableRawPointer? {
    let what = "run: output \(output)"
    guard promised.indices.contains(output) else {
      throw .broken("\(what) was made, but the operator declares \(promised.count) output(s)")
    }
    guard !made.contains(output) else { throw .broken("\(what) was made twice") }
    let elementType = try ForeignExtents.elementType(type, what)
    guard (0...Int32(AVIARY_MAX_RANK)).contains(rank) else { throw .broken("\(what) has the rank \(rank)") }
    var extents: [Int] = []
    if rank > 0 {
      guard let dims else { throw .broken("\(what) has \(rank) extents at NULL") }
      extents = (0..<Int(rank)).map { Int(dims[$0]) }
    }
    let shape = try ForeignExtents.shape(extents, elementType, what)
    guard promised[output].allows(elementType, extents) else {
      let wanted = "\(promised[output].elementType?.name ?? "?") \(promised[output].shape)"
      throw .broken("\(what) is \(elementType.name) \(shape), but infer said \(wanted)")
    }
    made.insert(output)
    do { return try context.makeBytes(output, elementType, extents).baseAddress } catch {
      throw error.kind == .resource ? .resource("\(what): \(error)") : .broken("\(what): \(error)")
    }
  }

  private func scratch(_ bytes: Int) -> UnsafeMutableRawPointer? {
    do throws(OperatorError) {
      return UnsafeMutableRawPointer(try context.scratch(bytes, of: UInt8.self).baseAddress)
    } catch {
      failure = failure ?? .resource("run: scratch memory of \(bytes) bytes: \(error)")
      return nil
    }
  }

  private func parallel(
    _ count: Int64, _ grain: Int64,
    _ body: (@convention(c) (UnsafeMutableRawPointer?, Int64, Int64) -> Void)?,
    _ argument: UnsafeMutableRawPointer?
  ) {
    guard let body else {
      failure = failure ?? .broken("run: parallel was called without a body")
      return
    }
    guard count > 0 else { return }
    // Room for the sums that cutting a loop into chunks takes.
    guard count <= 1 << 48 else {
      failure = failure ?? .broken("run: parallel was called for \(count) iterations")
      return
    }
    context.parallel.forEach(Int(count), grain: Int(min(count, max(1, grain)))) { range in
      body(argument, Int64(range.lowerBound), Int64(range.upperBound))
    }
  }
}
