import AviaryCore

enum RecurrentOperators {
  static let all: [any Operator.Type] = [RNN.self, GRU.self, LSTM.self]
}
