import AviaryCore

enum IndexingOperators {
  static let all: [any Operator.Type] = [
    Compress.self, Gather.self, GatherElements.self, GatherND.self, NonZero.self, OneHot.self,
    ReverseSequence.self, Scatter.self, ScatterElements.self, ScatterND.self, TensorScatter.self, TopK.self,
    Unique.self,
  ]
}
