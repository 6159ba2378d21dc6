import ArgumentParser

/// `input=1,3,48,48`: extents of one input.
struct ShapeOption: ExpressibleByArgument {
  let name: String
  let dims: [Int]

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else { return nil }
    name = String(argument[..<equals])
    let parts = argument[argument.index(after: equals)...].split(
      whereSeparator: { ",x".contains($0) })
    let dims = parts.compactMap { Int($0) }
    guard dims.count == parts.count, dims.allSatisfy({ $0 >= 0 }) else { return nil }
    self.dims = dims
  }
}

extension [ShapeOption] {
  var byName: [String: [Int]] { Dictionary(map { ($0.name, $0.dims) }, uniquingKeysWith: { $1 }) }
}
