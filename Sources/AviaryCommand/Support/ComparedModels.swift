import ArgumentParser
import Aviary
import Foundation

/// The models of a comparison, each in every size and arithmetic that is asked for.
struct ComparedModels {
  struct Row {
    let name: String
    let classifier: Classifier
    /// As asked for; for the measurement of its cost.
    let precision: Precision
  }

  let rows: [Row]

  struct Request {
    /// Names, or `all`.
    let models: [String]
    let sizes: [Int]
    let precisions: [Precision]
    let contract: ContractFlags
    let session: SessionFlags
  }

  /// - Throws: `UsageError` where nothing fits; `ZooError` and `ImportError` of a model that was named.
  init(_ request: Request, for dataset: Dataset, plugins: PluginRegistry) throws {
    var rows: [Row] = []
    let precisions = request.precisions.isEmpty ? [request.session.precision] : request.precisions
    for name in try Self.names(request.models, dataset) {
      for precision in precisions {
        var options = try request.session.options
        // Every worker runs whole batches of its own: threads inside a run would only wait for each other.
        options.threads = 1
        options.precision = precision
        let base = try loadClassifier(name, contract: request.contract, options: options, plugins: plugins)
        let suffix = request.precisions.count > 1 ? " \(precision.rawValue)" : ""
        if request.sizes.isEmpty {
          rows.append(Row(name: base.id + suffix, classifier: base, precision: precision))
        }
        for size in request.sizes {
          guard let sized = try Self.resized(base, to: size) else {
            let own = base.contract.input
            Console.note("\(name): takes \(own.width)x\(own.height) only, not \(size)")
            continue
          }
          rows.append(Row(name: "\(base.id) \(size)px\(suffix)", classifier: sized, precision: precision))
        }
      }
    }
    guard !rows.isEmpty else { throw UsageError("none of the models can be compared like that") }
    self.rows = rows
  }

  /// The names themselves, or all models of the zoo whose labels are the data's classes.
  private static func names(_ models: [String], _ dataset: Dataset) throws -> [String] {
    guard models == ["all"] else { return models }
    var names: [String] = []
    for entry in try ZooIndex.find().entries {
      do {
        let manifest = try entry.manifest.get()
        _ = try LabelMap(
          model: entry.id, labels: manifest.output.labels, data: dataset.name, classes: dataset.classes)
        guard entry.hasFile else {
          Console.note("\(entry.id): its file is not there; 'aviary zoo pull' gets it")
          continue
        }
        names.append(entry.id)
      } catch {
        Console.note("\(entry.id) is left out: \(ExitStatus.describe(error))")
      }
    }
    guard !names.isEmpty else { throw UsageError("--models all: no model of the zoo fits the data") }
    return names
  }

  /// The same model fed with pictures of another size; `nil` where its graph fixes the size.
  private static func resized(_ base: Classifier, to size: Int) throws -> Classifier? {
    let input = base.contract.input
    if input.width == size, input.height == size { return base }
    guard let declared = base.session.inputs.first(where: { $0.name == base.contract.inputName }),
      case .tensor(_, let shape) = declared.type, let dims = shape.dims, dims.count == input.layout.rank
    else { return nil }
    let sides = [dims[input.layout.axes.rows], dims[input.layout.axes.columns]]
    guard sides.allSatisfy({ $0.value == nil }) else { return nil }
    return try base.fed(width: size, height: size)
  }
}
