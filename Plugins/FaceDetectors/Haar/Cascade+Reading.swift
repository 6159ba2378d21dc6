import Foundation

extension Cascade {
  /// Reads OpenCV's XML: the format of `opencv_traincascade` and the older one of `opencv_haartraining`.
  ///
  /// - Throws: `CascadeError` for a file that cannot be read, is no cascade, is one of other features (LBP),
  ///   or whose numbers do not fit together.
  init(contentsOf path: String) throws(CascadeError) {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw CascadeError(path: path, problem: "cannot be read")
    }
    defer { try? file.close() }
    guard let data = try? file.read(upToCount: XMLReader.maximumBytes + 1), !data.isEmpty else {
      throw CascadeError(path: path, problem: "is empty or cannot be read")
    }
    try self.init(bytes: [UInt8](data), path: path)
  }

  init(bytes: [UInt8], path: String) throws(CascadeError) {
    let root = try XMLReader.read(bytes, path: path)
    let source = CascadeSource(path: path)
    guard root.name == "opencv_storage", let top = root.children.first else {
      throw source.fail("is no cascade: its outermost element is '\(root.name)', not 'opencv_storage'")
    }
    switch top.type {
    case "opencv-cascade-classifier":
      try self.init(trained: top, source)
    case "opencv-haar-classifier":
      try self.init(older: top, source)
    default:
      throw source.fail("is no cascade: it holds a '\(top.type ?? top.name)'")
    }
  }

  private init(trained top: XMLElement, _ source: CascadeSource) throws(CascadeError) {
    let kind = top["featureType"]?.text ?? ""
    guard kind == "HAAR" else { throw source.fail("has \(kind) features; only HAAR is supported") }
    var stages: [Stage] = []
    for element in try source.child(top, "stages").children {
      var trees: [Tree] = []
      for tree in try source.child(element, "weakClassifiers").children {
        let inner = try source.numbers(tree, "internalNodes")
        guard inner.count.isMultiple(of: 4) else {
          throw source.fail(
            "stage \(stages.count): 'internalNodes' has \(inner.count) numbers, not four a node")
        }
        var nodes: [Node] = []
        for start in stride(from: 0, to: inner.count, by: 4) {
          nodes.append(
            Node(
              feature: try source.integer(inner[start + 2]), threshold: Float(inner[start + 3]),
              left: try source.integer(inner[start]), right: try source.integer(inner[start + 1])))
        }
        trees.append(Tree(nodes: nodes, leaves: try source.numbers(tree, "leafValues").map { Float($0) }))
      }
      let threshold = try source.number(element, "stageThreshold")
      stages.append(Stage(threshold: Self.lowered(threshold), trees: trees))
    }
    var features: [Feature] = []
    for element in try source.child(top, "features").children { features.append(try source.feature(element)) }
    try self.init(
      width: try source.integer(try source.number(top, "width")),
      height: try source.integer(try source.number(top, "height")), stages: stages, features: features,
      path: source.path)
  }

  /// Sums that differ from a threshold in their last digits pass.
  private static func lowered(_ threshold: Double) -> Float { Float(threshold) - 1e-5 }

  // MARK: The older format

  private init(older top: XMLElement, _ source: CascadeSource) throws(CascadeError) {
    let size = try source.numbers(top, "size")
    guard size.count == 2 else { throw source.fail("'size' has \(size.count) numbers, not two") }
    var stages: [Stage] = []
    var features: [Feature] = []
    for element in try source.child(top, "stages").children {
      if let next = element["next"]?.number, next != -1 {
        throw source.fail("stage \(stages.count) branches; only chains of stages are supported")
      }
      var trees: [Tree] = []
      for tree in try source.child(element, "trees").children {
        trees.append(try Self.olderTree(tree, &features, source))
      }
      let threshold = try source.number(element, "stage_threshold")
      stages.append(Stage(threshold: Self.lowered(threshold), trees: trees))
    }
    try self.init(
      width: try source.integer(size[0]), height: try source.integer(size[1]), stages: stages,
      features: features, path: source.path)
  }

  /// Nodes with a feature each; a side has a value or the number of another node.
  private static func olderTree(
    _ tree: XMLElement, _ features: inout [Feature], _ source: CascadeSource
  ) throws(CascadeError) -> Tree {
    var nodes: [Node] = []
    var leaves: [Float] = []
    for node in tree.children {
      func side(_ name: String) throws(CascadeError) -> Int {
        if let value = node["\(name)_val"] {
          guard let number = value.number else { throw source.fail("'\(name)_val' is no number") }
          leaves.append(Float(number))
          return 1 - leaves.count
        }
        let next = try source.integer(try source.number(node, "\(name)_node"))
        // 0 would be read as a leaf.
        guard next > 0 else { throw source.fail("a classifier leads back to node \(next)") }
        return next
      }
      features.append(try source.feature(try source.child(node, "feature")))
      let left = try side("left")
      let right = try side("right")
      nodes.append(
        Node(
          feature: features.count - 1, threshold: Float(try source.number(node, "threshold")), left: left,
          right: right))
    }
    return Tree(nodes: nodes, leaves: leaves)
  }
}

/// Takes numbers out of elements and says of which file they are missing.
private struct CascadeSource {
  let path: String

  func fail(_ problem: String) -> CascadeError { CascadeError(path: path, problem: problem) }

  func child(_ element: XMLElement, _ name: String) throws(CascadeError) -> XMLElement {
    guard let child = element[name] else { throw fail("'\(element.name)' has no '\(name)'") }
    return child
  }

  func numbers(_ element: XMLElement, _ name: String) throws(CascadeError) -> [Double] {
    guard let numbers = try child(element, name).numbers else {
      throw fail("'\(name)' has something that is no number")
    }
    return numbers
  }

  func number(_ element: XMLElement, _ name: String) throws(CascadeError) -> Double {
    let numbers = try numbers(element, name)
    guard numbers.count == 1 else { throw fail("'\(name)' has \(numbers.count) numbers, not one") }
    return numbers[0]
  }

  func integer(_ value: Double) throws(CascadeError) -> Int {
    guard let integer = Int(exactly: value), abs(integer) <= 1 << 30 else {
      throw fail("\(value) stands where a small whole number should")
    }
    return integer
  }

  func feature(_ element: XMLElement) throws(CascadeError) -> Cascade.Feature {
    var parts: [Cascade.Part] = []
    for part in try child(element, "rects").children {
      guard let numbers = part.numbers, numbers.count == 5 else {
        throw fail("a rectangle of a feature has not five numbers")
      }
      parts.append(
        Cascade.Part(
          x: try integer(numbers[0]), y: try integer(numbers[1]), width: try integer(numbers[2]),
          height: try integer(numbers[3]), weight: Float(numbers[4])))
    }
    // Features of the newer format leave it out where they are upright.
    return Cascade.Feature(parts: parts, isTilted: (element["tilted"]?.number ?? 0) != 0)
  }
}
