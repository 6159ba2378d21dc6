import AviaryCore

/// Operators that look along whole axes.
enum ReductionOperators {
  static let all: [any Operator.Type] = [
    Reduce<ReduceSum>.self, Reduce<ReduceMean>.self, Reduce<ReduceProd>.self, Reduce<ReduceMax>.self,
    Reduce<ReduceMin>.self, Reduce<ReduceL1>.self, Reduce<ReduceL2>.self, Reduce<ReduceLogSum>.self,
    Reduce<ReduceLogSumExp>.self, Reduce<ReduceSumSquare>.self,
    ArgExtremum<ArgMax>.self, ArgExtremum<ArgMin>.self,
    Cumulative<CumSum>.self, Cumulative<CumProd>.self,
    AxisNormalizing<Softmax>.self, AxisNormalizing<LogSoftmax>.self, AxisNormalizing<Hardmax>.self,
  ]
}
