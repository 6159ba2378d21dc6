import Aviary

/// Names of kinds and splits that do not exist are wrong usage.
func usage<T>(_ body: () throws -> T) throws -> T {
  do { return try body() } catch let error as DatasetError {
    switch error {
    case .unknownKind, .unknownSplit: throw UsageError(error.description)
    default: throw error
    }
  }
}
