import AviaryCore

enum ResizeOperators {
  static let all: [any Operator.Type] = [AffineGrid.self, GridSample.self, Resize.self, Upsample.self]
}
