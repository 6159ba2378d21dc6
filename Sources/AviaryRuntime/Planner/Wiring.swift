import AviaryCore

/// The address tables of a plan's kernels: one entry for every input and output of every bound step, in the
/// order of the steps, and which entries change from run to run.
struct Wiring: Sendable {
  /// What an entry of a table holds.
  enum Entry: Sendable, Equatable {
    /// The node omits it, nobody reads it, or it is written before each run (or each step).
    case none
    /// The constant in a slot.
    case constant(slot: Int)
    /// A byte offset in the arena.
    case arena(Int)
  }

  private(set) var inputs: [Entry] = []
  private(set) var outputs: [Entry] = []
  /// Entries of the input table that read each graph input.
  private(set) var inputReads: [[Int]]
  /// Entries of the input table that read each graph output, and of the output table that write it.
  private(set) var outputReads: [[Int]]
  private(set) var outputWrites: [[Int]]
  /// Entries of the input table that read a slot whose address is known only when its value is.
  private(set) var dynamicReads: [Int: [Int]] = [:]

  init(_ program: Program) {
    inputReads = program.inputs.map { _ in [] }
    outputReads = program.outputs.map { _ in [] }
    outputWrites = program.outputs.map { _ in [] }
  }

  /// Adds the entries of one step.
  ///
  /// - Parameters:
  ///   - consumed: inputs that the operator keeps in a form of its own.
  ///   - homes: where each slot is.
  mutating func add(_ step: Program.Step, consumed: Set<Int>, homes: [ValueHome], roots: [Int]) {
    for (position, slot) in step.inputs.enumerated() {
      let entry = inputs.count
      guard let slot, !consumed.contains(position) else {
        inputs.append(.none)
        continue
      }
      switch homes[slot] {
      case .constant(let slot): inputs.append(.constant(slot: slot))
      case .arena(let offset): inputs.append(.arena(offset))
      case .input(let index):
        inputs.append(.none)
        inputReads[index].append(entry)
      case .output(let index):
        inputs.append(.none)
        outputReads[index].append(entry)
      case .dynamic:
        inputs.append(.none)
        dynamicReads[roots[slot], default: []].append(entry)
      }
    }
    for slot in step.outputs {
      let entry = outputs.count
      switch slot.map({ homes[$0] }) {
      case .arena(let offset)?: outputs.append(.arena(offset))
      case .output(let index)?:
        outputs.append(.none)
        outputWrites[index].append(entry)
      default: outputs.append(.none)
      }
    }
  }
}
