import AviaryCore

/// Where the bytes of a value are during a run, as far as that is known while planning.
enum ValueHome: Sendable, Equatable {
  /// A slot whose value is constant.
  case constant(slot: Int)
  /// The caller's tensor for graph input `index`.
  case input(Int)
  /// The memory of graph output `index`, fresh or the caller's: nothing is copied at the end.
  case output(Int)
  /// Byte offset in the arena.
  case arena(Int)
  /// Known when the value is: outputs of operators that are run through `RunContext`.
  case dynamic
}

/// Follows views to the values whose bytes they show, and decides which values are made where the caller
/// will look for them.
struct ValueHomes {
  /// Per slot: the slot that owns its bytes (itself for anything but a view).
  private(set) var roots: [Int]
  /// The graph output whose memory a root is made in.
  private(set) var outputOfRoot: [Int: Int] = [:]

  init(_ program: Program, kept: [Int], infos: [ValueInfo]) {
    roots = Array(program.names.indices)
    var makers = Set<Int>()
    for index in kept {
      let step = program.steps[index]
      for (output, slot) in step.outputs.enumerated() {
        guard let slot else { continue }
        if output == 0, let viewed = step.viewedSlot {
          roots[slot] = roots[viewed]
        } else if !(step.op is any SubgraphOperator) {
          makers.insert(slot)
        }
      }
    }
    for (index, slot) in program.outputs.enumerated() {
      let root = roots[slot]
      guard makers.contains(root), outputOfRoot[root] == nil, let bytes = infos[root].plannedByteCount,
        infos[slot].plannedByteCount == bytes
      else { continue }
      outputOfRoot[root] = index
    }
  }
}

extension ValueInfo {
  /// Bytes that a planned value needs; `nil` where that is not known or the value is no plain tensor. Sizes
  /// that no machine has get no place, so that offsets cannot overflow; the tensor budget refuses them.
  var plannedByteCount: Int? {
    guard let type = elementType, type != .string, let dims = shape.known, let shape = try? Shape(dims),
      let bytes = type.byteCount(of: shape.count), bytes <= Int.max >> 24
    else { return nil }
    return bytes
  }
}
