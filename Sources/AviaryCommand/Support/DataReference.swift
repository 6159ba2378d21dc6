import Aviary

/// Opens `KIND:PATH`; without a split, the one that the data set is usually judged on.
func openDataset(_ text: String, split: String?, options: DatasetOptions) throws -> Dataset {
  try usage { try BuiltinPlugins.registry().open(text, split: split, options: options) }
}

/// Names of kinds and splits that do not exist are wrong usage.
func usage<T>(_ body: () throws -> T) throws -> T {
  do { return try body() } catch let error as DatasetError {
    switch error {
    case .unknownKind, .unknownSplit: throw UsageError(error.description)
    default: throw error
    }
  }
}
