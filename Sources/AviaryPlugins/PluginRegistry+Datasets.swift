import AviaryEvaluation

extension PluginRegistry {
  /// The kinds of data sets, sorted.
  public var datasetKinds: [String] { contents.datasets.names }

  /// - Throws: `DatasetError.unknownKind`.
  public func dataset(_ kind: String) throws(DatasetError) -> any DatasetProvider {
    guard let found = contents.datasets[kind.lowercased()] else {
      throw .unknownKind(kind, known: datasetKinds)
    }
    return found
  }

  /// Splits `KIND:PATH`.
  ///
  /// - Throws: `DatasetError.unknownKind`, also where there is no colon.
  public func reference(
    _ text: String
  ) throws(DatasetError) -> (provider: any DatasetProvider, path: String) {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
      throw .unknownKind(text, known: datasetKinds)
    }
    let path = String(text[text.index(after: colon)...])
    let provider = try dataset(String(text[..<colon]))
    guard !path.isEmpty else { throw .file(path: text, problem: "no path follows the colon") }
    return (provider, path)
  }

  /// Opens `KIND:PATH`; without a split, its default one.
  public func open(
    _ text: String, split: String? = nil, options: DatasetOptions = DatasetOptions()
  ) throws(DatasetError) -> Dataset {
    let (provider, path) = try reference(text)
    let wanted: String
    if let split {
      wanted = split
    } else {
      wanted = try provider.defaultSplit(path: path, options: options)
    }
    return try provider.open(path: path, split: wanted, options: options)
  }
}
