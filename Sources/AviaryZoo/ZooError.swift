/// Why a model of the zoo, or a model file with its contract, cannot be used as asked.
public enum ZooError: Error, Sendable, Equatable {
  /// No folder of that name in the zoo, and no file of that path.
  case notFound(reference: String, zoo: String?, known: [String])
  /// There is no `Zoo` folder to look in.
  case noZoo(searched: [String])
  /// The folder that was named as the zoo is not there, or is none. `naming` is what named it.
  case noFolder(path: String, naming: String)
  /// `model.json` cannot be read or breaks its schema.
  case manifest(path: String, problem: String)
  /// The model's bytes are not those that its manifest promises.
  case file(path: String, problem: String)
  /// How pictures become this model's input is not known and cannot be guessed.
  case contract(model: String, problem: String)
  /// Number or names of classes differ between the model's output, the labels and the data.
  case classes(model: String, problem: String)
  /// The zoo has a model of that name already.
  case exists(id: String, zoo: String)
  /// Nothing usable came from an address. The zoo is as it was.
  case download(url: String, problem: String)
  /// A file cannot be written. The zoo is as it was.
  case write(path: String, problem: String)
}

extension ZooError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let reference, let zoo, let known):
      "\(reference): neither a model file nor a model of the zoo"
        + (zoo.map { " at \($0)" } ?? "")
        + (known.isEmpty ? "" : "; the zoo has \(known.joined(separator: ", "))")
    case .noZoo(let searched):
      "no Zoo folder in \(searched.joined(separator: ", ")); set AVIARY_ZOO or pass --zoo"
    case .noFolder(let path, let naming): "\(path): there is no such folder (named by \(naming))"
    case .manifest(let path, let problem): "\(path): \(problem)"
    case .file(let path, let problem): "\(path): \(problem)"
    case .contract(let model, let problem): "\(model): \(problem)"
    case .classes(let model, let problem): "\(model): \(problem)"
    case .exists(let id, let zoo):
      "\(id): the zoo at \(zoo) has a model of that name; choose another (--id) or replace it (--replace)"
    case .download(let url, let problem): "\(url): \(problem)"
    case .write(let path, let problem): "\(path): cannot be written: \(problem)"
    }
  }
}
