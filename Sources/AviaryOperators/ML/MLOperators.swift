import AviaryCore

/// The domain of classical machine learning.
enum MLDomain {
  static let name = "ai.onnx.ml"
  static let latest = 5

  static func id(_ name: String) -> OperatorID { OperatorID(name, domain: Self.name) }
}

enum MLOperators {
  static let all: [any Operator.Type] = [
    ArrayFeatureExtractor.self, Binarizer.self, CastMap.self, CategoryMapper.self, DictVectorizer.self,
    FeatureVectorizer.self, Imputer.self, LabelEncoder.self, LinearClassifier.self, LinearRegressor.self,
    Normalizer.self, OneHotEncoder.self, SVMClassifier.self, SVMRegressor.self, Scaler.self, TreeEnsemble.self,
    TreeEnsembleClassifier.self, TreeEnsembleRegressor.self, ZipMap.self,
  ]
}
