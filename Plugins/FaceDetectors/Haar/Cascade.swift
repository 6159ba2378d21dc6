/// A boosted cascade of Haar features: stages of trees of features. A window that fails a stage is no face.
///
/// Every index and rectangle has been checked: features lie in the window, nodes lead forward, so that a scan
/// needs no checks of its own.
struct Cascade: Sendable {
  /// A rectangle of the window, upright or turned by 45 degrees, with the weight of its sum.
  struct Part: Sendable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    let weight: Float
  }

  /// A weighted sum of two or three rectangles.
  struct Feature: Sendable {
    let parts: [Part]
    /// Rectangles whose upper corner is at (x, y), one side going down to the right, the other to the left.
    let isTilted: Bool
  }

  /// A question about a feature. `left` and `right` are nodes of the same tree where positive, else leaves
  /// (0, -1, -2...).
  struct Node: Sendable {
    let feature: Int
    let threshold: Float
    let left: Int
    let right: Int
  }

  struct Tree: Sendable {
    let nodes: [Node]
    let leaves: [Float]
  }

  struct Stage: Sendable {
    let threshold: Float
    let trees: [Tree]
  }

  /// Of the window, in pixels.
  let width: Int
  let height: Int
  let stages: [Stage]
  let features: [Feature]

  var hasTilted: Bool { features.contains(where: \.isTilted) }

  /// What cascades may have; those of opencv-data have windows up to 64, 46 stages and 9,000 trees.
  enum Limit {
    static let window = 3...512
    static let stages = 1000
    static let trees = 200_000
    static let nodesOfTree = 256
    static let features = 400_000
  }

  /// - Throws: `CascadeError.invalid` with what is wrong.
  init(width: Int, height: Int, stages: [Stage], features: [Feature], path: String) throws(CascadeError) {
    func fail(_ problem: String) -> CascadeError { CascadeError(path: path, problem: problem) }
    guard Limit.window.contains(width), Limit.window.contains(height) else {
      throw fail("has a window of \(width) x \(height) pixels; cascades have 3 to 512")
    }
    guard !stages.isEmpty, stages.count <= Limit.stages else { throw fail("has \(stages.count) stages") }
    guard features.count <= Limit.features else { throw fail("has \(features.count) features") }
    for (index, feature) in features.enumerated() {
      guard (1...3).contains(feature.parts.count) else {
        throw fail("feature \(index) has \(feature.parts.count) rectangles; there are 1 to 3")
      }
      for part in feature.parts where !part.isInside(width, height, isTilted: feature.isTilted) {
        throw fail("feature \(index) has a rectangle that reaches out of the \(width) x \(height) window")
      }
    }
    var trees = 0
    for (index, stage) in stages.enumerated() {
      guard stage.threshold.isFinite, !stage.trees.isEmpty else {
        throw fail("stage \(index) has no classifiers or no threshold")
      }
      trees += stage.trees.count
      for tree in stage.trees {
        if let problem = tree.problem(features: features.count) { throw fail("stage \(index): \(problem)") }
      }
    }
    guard trees <= Limit.trees else { throw fail("has \(trees) classifiers") }
    self.width = width
    self.height = height
    self.stages = stages
    self.features = features
  }
}

extension Cascade.Part {
  /// The numbers are as the file gave them: none is added to another before it is known to be small.
  fileprivate func isInside(_ windowWidth: Int, _ windowHeight: Int, isTilted: Bool) -> Bool {
    guard weight.isFinite, (0...windowWidth).contains(x), (0...windowHeight).contains(y),
      (1...windowWidth).contains(width), (1...windowHeight).contains(height)
    else { return false }
    return isTilted
      ? x - height >= 0 && x + width <= windowWidth && y + width + height <= windowHeight
      : x + width <= windowWidth && y + height <= windowHeight
  }
}

extension Cascade.Tree {
  fileprivate func problem(features: Int) -> String? {
    guard !nodes.isEmpty, nodes.count <= Cascade.Limit.nodesOfTree else {
      return "a classifier has \(nodes.count) nodes"
    }
    guard leaves.allSatisfy(\.isFinite) else { return "a classifier has a leaf that is no number" }
    for (index, node) in nodes.enumerated() {
      guard (0..<features).contains(node.feature) else {
        return "a classifier asks for feature \(node.feature) of \(features)"
      }
      guard node.threshold.isFinite else { return "a classifier has no threshold" }
      for next in [node.left, node.right] {
        // Forward only: no walk through a tree can go on for ever.
        let isFine = next > 0 ? next > index && next < nodes.count : next > -leaves.count
        guard isFine else {
          return "a classifier has \(nodes.count) nodes, \(leaves.count) leaves and leads to \(next)"
        }
      }
    }
    return nil
  }
}

/// Why a file is no cascade that can be used.
struct CascadeError: Error, Equatable, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem)" }
}
