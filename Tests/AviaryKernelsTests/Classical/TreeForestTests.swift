import AviaryCore
import TestSupport
import Testing

@testable import AviaryKernels

@Suite struct TreeForestTests {
  private typealias Node = TreeForest<Double>.Node

  /// A random tree below `index`: comparisons of any mode, leaves with up to two votes.
  private struct Grower {
    var generator: SeededGenerator
    let targets: Int
    let isPlain: Bool
    var nodes: [Node] = []
    var leaves: [Range<Int32>] = []
    var votes: [TreeForest<Double>.Vote] = []

    mutating func grow(depth: Int) -> Int32 {
      let index = nodes.count
      if depth == 0 || Int.random(in: 0..<5, using: &generator) == 0 {
        let first = Int32(votes.count)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
          votes.append(
            .init(
              target: Int32.random(in: 0..<Int32(targets), using: &generator),
              weight: Double(Int.random(in: -8...8, using: &generator))))
        }
        nodes.append(.leaf(Int32(leaves.count), at: Int32(index)))
        leaves.append(first..<Int32(votes.count))
        return Int32(index)
      }
      nodes.append(.leaf(0, at: 0))
      let modes: [TreeForest<Double>.Mode] = [.lessOrEqual, .less, .greaterOrEqual, .greater, .equal, .notEqual]
      let mode = isPlain ? .lessOrEqual : modes[Int.random(in: 0..<6, using: &generator)]
      let feature = Int32.random(in: 0..<5, using: &generator)
      let threshold = Double(Int.random(in: -3...3, using: &generator))
      let missingIsTrue = !isPlain && Bool.random(using: &generator)
      let (yes, no) = (grow(depth: depth - 1), grow(depth: depth - 1))
      nodes[index] = Node(
        mode, feature: feature, threshold: threshold, whenTrue: yes, whenFalse: no, missingIsTrue: missingIsTrue)
      return Int32(index)
    }
  }

  /// One row, one tree, one step at a time.
  private func leaf(_ forest: TreeForest<Double>, _ root: Int32, _ row: ArraySlice<Double>) -> Int {
    var node = forest.nodes[Int(root)]
    while node.mode != .leaf {
      let value = row[row.startIndex + Int(node.feature)]
      let holds =
        switch node.mode {
        case _ where value.isNaN && node.missingIsTrue: true
        case .lessOrEqual: value <= node.threshold
        case .less: value < node.threshold
        case .greaterOrEqual: value >= node.threshold
        case .greater: value > node.threshold
        case .equal: value == node.threshold
        default: value != node.threshold
        }
      node = forest.nodes[Int(holds ? node.whenTrue : node.whenFalse)]
    }
    return Int(node.place)
  }

  /// Any number of rows and trees on any number of threads: weights are whole numbers, so sums are exact.
  @Test(arguments: [(1, false), (3, true), (64, true), (65, false), (150, true)], [1, 3])
  func scoresAreThoseOfASlowWalk(trees: (count: Int, isPlain: Bool), targets: Int) throws {
    var grower = Grower(
      generator: SeededGenerator(seed: UInt64(trees.count * 10 + targets)), targets: targets, isPlain: trees.isPlain)
    let roots = (0..<trees.count).map { _ in grower.grow(depth: 6) }
    for aggregate in [TreeForest<Double>.Aggregate.sum, .average, .min, .max] {
      let forest = try TreeForest(
        nodes: grower.nodes, roots: roots, leaves: grower.leaves, votes: grower.votes, targets: targets,
        aggregate: aggregate)
      for rows in [0, 1, 2, 3, 4, 5, 7, 63, 64, 66, 131] {
        let x = (0..<rows * 6).map { _ in
          Int.random(in: 0..<20, using: &grower.generator) == 0
            ? Double.nan : Double(Int.random(in: -4...4, using: &grower.generator))
        }
        var (expected, flags) = ([Double](repeating: 0, count: rows * targets), [UInt8](repeating: 0, count: rows * targets))
        for row in 0..<rows {
          for root in roots {
            for index in forest.leaves[leaf(forest, root, x[row * 6..<row * 6 + 6])] {
              let vote = forest.votes[Int(index)]
              let cell = row * targets + Int(vote.target)
              switch aggregate {
              case .sum, .average: expected[cell] += vote.weight
              case .min: expected[cell] = flags[cell] == 0 ? vote.weight : min(expected[cell], vote.weight)
              case .max: expected[cell] = flags[cell] == 0 ? vote.weight : max(expected[cell], vote.weight)
              }
              flags[cell] = 1
            }
          }
        }
        if aggregate == .average { expected = expected.map { $0 / Double(roots.count) } }
        for threads in [1, 2, 3] {
          var (scores, voted) = ([Double](repeating: 9, count: rows * targets), [UInt8](repeating: 9, count: rows * targets))
          x.withUnsafeBufferPointer { x in
            scores.withUnsafeMutableBufferPointer { scores in
              voted.withUnsafeMutableBufferPointer { voted in
                guard let x = x.baseAddress, let scores = scores.baseAddress, let voted = voted.baseAddress else { return }
                forest.evaluate(
                  x, rows: rows, columns: 6, scores: scores, voted: voted, parallel: ThreadPool.shared(threads: threads))
              }
            }
          }
          #expect(scores == expected, "\(aggregate), \(rows) rows, \(threads) threads")
          #expect(voted == flags)
        }
      }
    }
  }
}
