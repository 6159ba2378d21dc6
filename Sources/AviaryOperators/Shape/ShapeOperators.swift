import AviaryCore

enum ShapeOperators {
  static let all: [any Operator.Type] = [
    CenterCropPad.self, Col2Im.self, Concat.self, DepthToSpace.self, Einsum.self, Expand.self,
    Flatten.self, Identity.self, Pad.self, Reshape.self, ShapeOf.self, Size.self, Slice.self,
    SpaceToDepth.self, Split.self, Squeeze.self, Tile.self, Transpose.self, Trilu.self, Unsqueeze.self,
  ]
}
