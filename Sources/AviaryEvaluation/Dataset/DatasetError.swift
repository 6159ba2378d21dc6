import AviaryImage

/// Why a data set, or one sample of it, cannot be had.
public enum DatasetError: Error, Sendable, Equatable {
  /// A file or folder is not what it should be; `line` counts from 1.
  case file(path: String, line: Int? = nil, problem: String)
  /// A picture that cannot be decoded.
  case image(ImageError)
  /// A folder or label that is none of the data set's classes.
  case unknownClass(path: String, line: Int? = nil, name: String, classes: [String])
  case unknownSplit(String, dataset: String, available: [String])
  case unknownKind(String, known: [String])
}

extension DatasetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path, let line, let problem): "\(place(path, line)): \(problem)"
    case .image(let error): error.description
    case .unknownClass(let path, let line, let name, let classes):
      "\(place(path, line)): '\(name)' is none of the classes \(classes.joined(separator: ", "))"
    case .unknownSplit(let split, let dataset, let available):
      "\(dataset): no split '\(split)'; there is \(available.joined(separator: ", "))"
    case .unknownKind(let kind, let known):
      "no kind of data set is called '\(kind)'; known are \(known.joined(separator: ", ")), "
        + "as in \(known.first ?? "KIND"):PATH"
    }
  }

  private func place(_ path: String, _ line: Int?) -> String { line.map { "\(path):\($0)" } ?? path }
}
