import AviaryCore

enum TextOperators {
  static let all: [any Operator.Type] = [
    RegexFullMatch.self, StringConcat.self, StringNormalizer.self, StringSplit.self, TfIdfVectorizer.self,
    Tokenizer.self,
  ]
}
