import AviaryCore

enum ConvolutionOperators {
  static let all: [any Operator.Type] = [
    ConvOperator<StandardForm>.self,
    ConvOperator<FusedForm>.self,
    ConvTranspose.self,
    DeformConv.self,
  ]
}
