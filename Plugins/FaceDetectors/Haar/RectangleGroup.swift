/// A window of a picture, in pixels.
struct WindowRectangle: Equatable {
  var x: Int32
  var y: Int32
  var width: Int32
  var height: Int32
}

/// Windows that say the same, joined into one: OpenCV's `groupRectangles`.
struct RectangleGroup {
  let rectangle: WindowRectangle
  /// Windows in it.
  let count: Int

  /// How far apart sides of similar windows may lie, as a part of the windows' sides.
  private static let similarity = 0.2

  /// - Parameter neighbors: groups of so many windows or fewer are dropped; 0 leaves all windows as they are.
  static func groups(_ windows: [WindowRectangle], neighbors: Int) -> [RectangleGroup] {
    guard neighbors > 0 else { return windows.map { RectangleGroup(rectangle: $0, count: 1) } }
    let all = means(windows)
    let strong = all.filter { $0.count > neighbors }
    return strong.enumerated().filter { index, group in
      !strong.enumerated().contains { other, larger in other != index && group.isInside(larger) }
    }.map(\.element)
  }

  /// Whether it is a small face inside a larger, better seen one.
  private func isInside(_ other: RectangleGroup) -> Bool {
    let outer = other.rectangle
    let dx = Int32((Double(outer.width) * Self.similarity).rounded(.toNearestOrEven))
    let dy = Int32((Double(outer.height) * Self.similarity).rounded(.toNearestOrEven))
    return rectangle.x >= outer.x - dx && rectangle.y >= outer.y - dy
      && rectangle.x + rectangle.width <= outer.x + outer.width + dx
      && rectangle.y + rectangle.height <= outer.y + outer.height + dy
      && (other.count > max(3, count) || count < 3)
  }

  /// The mean of each set of windows that hang together by similar pairs, in the order of their first
  /// windows.
  private static func means(_ windows: [WindowRectangle]) -> [RectangleGroup] {
    var parents = Array(windows.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    // Similar windows begin within a fifth of their size of each other: most pairs need no look.
    let order = windows.indices.sorted { (windows[$0].x, $0) < (windows[$1].x, $1) }
    for (position, first) in order.enumerated() {
      let reach = similarity * 0.5 * Double(windows[first].width + windows[first].height)
      for second in order[(position + 1)...] {
        if Double(windows[second].x - windows[first].x) > reach { break }
        guard areSimilar(windows[first], windows[second]) else { continue }
        let (a, b) = (root(first), root(second))
        parents[max(a, b)] = min(a, b)
      }
    }
    var members: [Int: [Int]] = [:]
    for index in windows.indices { members[root(index), default: []].append(index) }
    return members.keys.sorted().map { key in
      let set = members[key] ?? []
      let factor = 1 / Float(set.count)
      func mean(_ side: KeyPath<WindowRectangle, Int32>) -> Int32 {
        let sum = set.reduce(Int64(0)) { $0 + Int64(windows[$1][keyPath: side]) }
        return Int32((Float(sum) * factor).rounded(.toNearestOrEven))
      }
      return RectangleGroup(
        rectangle: WindowRectangle(x: mean(\.x), y: mean(\.y), width: mean(\.width), height: mean(\.height)),
        count: set.count)
    }
  }

  private static func areSimilar(_ a: WindowRectangle, _ b: WindowRectangle) -> Bool {
    let delta = similarity * 0.5 * Double(min(a.width, b.width) + min(a.height, b.height))
    func near(_ first: Int32, _ second: Int32) -> Bool { Double(abs(first - second)) <= delta }
    return near(a.x, b.x) && near(a.y, b.y) && near(a.x + a.width, b.x + b.width)
      && near(a.y + a.height, b.y + b.height)
  }
}
