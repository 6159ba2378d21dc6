import AviaryCore

/// Packs the values of a run into one block: values whose lifetimes do not meet share bytes.
///
/// Views (Reshape and its like) lengthen the life of what they view; an in-place operator takes over its
/// input's bytes where that input dies with it. Graph outputs, and what they are views of, stay outside: they
/// outlive the run.
/// In a small arena only values of the same size share bytes. A thread that works on the same fraction of every
/// value (`LoopSlot`) then writes where it wrote before; where sizes mix, half of what it writes lies in the
/// cache of another core, and taking such a line over costs as much as reading it from memory (EfficientNet-B0
/// on two cores that share no cache: a tenth of the time).
///
/// In a large one, which no cache holds, placement is greedy by size, the largest first, each at the lowest
/// offset that is free for its whole life (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
/// Inference", 2020).
struct ArenaLayout {
  private(set) var byteCount = 0
  /// Per kept step, per output.
  private(set) var places: [[Arena.Place?]]
  /// Per kept step: slots that die with it.
  private(set) var releases: [[Int]]

  /// A run of bytes with a lifetime in step positions; several slots may share it.
  private struct Block {
    var byteCount: Int
    var birth: Int
    var death: Int
    var offset = 0
  }

  init(_ program: Program, kept: [Int], infos: [ValueInfo], homes: ValueHomes) {
    places = kept.map { [Arena.Place?](repeating: nil, count: program.steps[$0].outputs.count) }
    releases = [[Int]](repeating: [], count: kept.count)

    // Last position at which each slot is read; outputs live for ever.
    var lastRead = [Int](repeating: -1, count: program.names.count)
    for (position, index) in kept.enumerated() {
      for slot in program.steps[index].reads { lastRead[slot] = position }
      for case let slot? in program.steps[index].outputs where lastRead[slot] < position {
        lastRead[slot] = position
      }
    }
    let outputs = Set(program.outputs)
    for (slot, position) in lastRead.enumerated() where position >= 0 && !outputs.contains(slot) {
      releases[position].append(slot)
    }

    var blocks: [Block] = []
    var blockOfSlot: [Int: Int] = [:]
    var owners: [(position: Int, output: Int, block: Int)] = []
    for (position, index) in kept.enumerated() {
      let step = program.steps[index]
      for (output, slot) in step.outputs.enumerated() {
        guard let slot else { continue }
        if output == 0, let viewed = step.viewedSlot {
          // The view may be a graph output: what it views then lives to the end, to be copied out.
          if let block = blockOfSlot[viewed] {
            blockOfSlot[slot] = block
            let death = outputs.contains(slot) ? kept.count : lastRead[slot]
            blocks[block].death = max(blocks[block].death, death)
          }
          continue
        }
        guard !outputs.contains(slot), homes.outputOfRoot[slot] == nil, !step.op.hasUnplannedOutputs,
          let byteCount = infos[slot].plannedByteCount
        else { continue }
        if output == 0,
          let block = Self.overwritten(by: step, at: position, byteCount: byteCount, blocks, blockOfSlot)
        {
          blocks[block].death = max(blocks[block].death, lastRead[slot])
          blockOfSlot[slot] = block
          owners.append((position, output, block))
          continue
        }
        blocks.append(Block(byteCount: byteCount, birth: position, death: lastRead[slot]))
        blockOfSlot[slot] = blocks.count - 1
        owners.append((position, output, blocks.count - 1))
      }
    }
    // Now that every view has had its say, lives are final except for in-place chains that were decided
    // on a life that a later view of the same block lengthened; a view is always a later step than what it
    // views, so a block that dies at an in-place step has no later view.
    Self.place(&blocks)
    byteCount = blocks.map { $0.offset + Arena.padded($0.byteCount) }.max() ?? 0
    for owner in owners {
      let block = blocks[owner.block]
      places[owner.position][owner.output] = Arena.Place(offset: block.offset, byteCount: block.byteCount)
    }
  }

  /// The block of an input that the step may write its first output over: the same size, dying here, and
  /// not read by the step through another input.
  private static func overwritten(
    by step: Program.Step, at position: Int, byteCount: Int, _ blocks: [Block], _ blockOfSlot: [Int: Int]
  ) -> Int? {
    guard let op = step.op as? any InPlaceOperator else { return nil }
    for input in op.overwritableInputs where step.inputs.indices.contains(input) {
      guard let slot = step.inputs[input], let block = blockOfSlot[slot],
        blocks[block].byteCount == byteCount, blocks[block].death == position,
        step.reads.count(where: { blockOfSlot[$0] == block }) == 1
      else { continue }
      return block
    }
    return nil
  }

  /// Most bytes of an arena in which sizes do not mix.
  private static let smallArena = 24 << 20

  private static func place(_ blocks: inout [Block]) {
    if !placeBySize(&blocks) { placeGreedily(&blocks) }
  }

  /// Values of one size in as many places as are needed at the same time.
  ///
  /// - Returns: whether that makes a small arena; else nothing is changed.
  private static func placeBySize(_ blocks: inout [Block]) -> Bool {
    var places: [Int: [(offset: Int, death: Int)]] = [:]
    var offsets = [Int](repeating: 0, count: blocks.count)
    var end = 0
    for index in blocks.indices.sorted(by: { (blocks[$0].birth, $0) < (blocks[$1].birth, $1) }) {
      let block = blocks[index]
      let size = Arena.padded(block.byteCount)
      if let free = places[size]?.firstIndex(where: { $0.death < block.birth }) {
        offsets[index] = places[size]?[free].offset ?? 0
        places[size]?[free].death = block.death
      } else {
        guard size <= smallArena - end else { return false }
        offsets[index] = end
        places[size, default: []].append((end, block.death))
        end += size
      }
    }
    for index in blocks.indices { blocks[index].offset = offsets[index] }
    return true
  }

  private static func placeGreedily(_ blocks: inout [Block]) {
    let order = blocks.indices.sorted { (blocks[$0].byteCount, $1) > (blocks[$1].byteCount, $0) }
    var placed: [Int] = []
    for index in order {
      let block = blocks[index]
      let size = Arena.padded(block.byteCount)
      let meeting =
        placed
        .filter { blocks[$0].birth <= block.death && block.birth <= blocks[$0].death }
        .sorted { blocks[$0].offset < blocks[$1].offset }
      var offset = 0
      for other in meeting {
        if blocks[other].offset - offset >= size { break }
        offset = max(offset, blocks[other].offset + Arena.padded(blocks[other].byteCount))
      }
      blocks[index].offset = offset
      placed.append(index)
    }
  }
}

extension Operator {
  /// Outputs of subgraph operators are what their subgraphs made; they have no place of their own.
  fileprivate var hasUnplannedOutputs: Bool { self is any SubgraphOperator }
}
