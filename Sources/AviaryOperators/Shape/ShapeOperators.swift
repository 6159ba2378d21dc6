import AviaryCore

enum ShapeOperators {
  static let all: [any Operator.Type] = [
    Concat.self, Expand.self, Flatten.self, Identity.self, Reshape.self, ShapeOf.self, Size.self,
    Slice.self, Split.self, Squeeze.self, Tile.self, Transpose.self, Unsqueeze.self,
  ]
}
