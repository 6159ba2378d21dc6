import AviaryImage
import Foundation

/// A model folder as Hugging Face lays it out: an ONNX file, `config.json` with `id2label`, and
/// `preprocessor_config.json`.
public struct HuggingFaceFolder: Sendable {
  public let modelPath: String
  /// In the order of the outputs; `nil` where `config.json` names none but an exporter's placeholders.
  public let labels: [String]?
  /// What stands in place of names: `LABEL_0`, `LABEL_1`, ...
  public let placeholders: [String]?
  /// Scale, mean and deviation; `nil` without `preprocessor_config.json`.
  public let numbers: UsualContract?
  /// In pixels; `nil` where the folder does not say.
  public let size: PixelSize?
  public let license: String?

  /// - Throws: `ZooError.notFound` where the folder holds no or several ONNX files, `ZooError.manifest` for a
  ///   description that cannot be used.
  public init(_ folder: String) throws(ZooError) {
    modelPath = try Self.model(in: folder)
    let root = [folder, URL(fileURLWithPath: modelPath).deletingLastPathComponent().path]
    func read(_ name: String) throws(ZooError) -> (value: JSONValue, path: String)? {
      for place in root {
        let path = "\(place)/\(name)"
        guard let data = FileManager.default.contents(atPath: path) else { continue }
        do { return (try JSONValue(data), path) } catch {
          throw .manifest(path: path, problem: "is not JSON")
        }
      }
      return nil
    }
    let names = try read("config.json").flatMap { (config) throws(ZooError) in
      try Self.labels(config.value, path: config.path)
    }
    let areNames = names.map { !PlaceholderLabels.all($0) } ?? true
    (labels, placeholders) = areNames ? (names, nil) : (nil, names)
    license = root.lazy.compactMap { Self.license("\($0)/README.md") }.first
    guard let (value, path) = try read("preprocessor_config.json") else {
      (numbers, size) = (nil, nil)
      return
    }
    let crop = value["do_center_crop"]?.bool == true ? Self.size(value["crop_size"]) : nil
    size = crop ?? Self.size(value["size"])
    numbers = try Self.numbers(value, crop: crop, path: path)
  }

  /// `license:` in the block between dashes that a README of the hub begins with.
  private static func license(_ readme: String) -> String? {
    guard let data = FileManager.default.contents(atPath: readme) else { return nil }
    let lines = String(decoding: data.prefix(1 << 16), as: UTF8.self).split(whereSeparator: \.isNewline)
    guard lines.first == "---" else { return nil }
    let line = lines.dropFirst().prefix { $0 != "---" }.first { $0.hasPrefix("license:") }
    let value = line?.dropFirst("license:".count).trimmingCharacters(in: .whitespaces) ?? ""
    // The hub writes identifiers in lower case; those of SPDX are matched without regard to case.
    return value.isEmpty || value == "other" || value == "unknown" ? nil : value
  }

  private static func model(in folder: String) throws(ZooError) -> String {
    let places = ["\(folder)/model.onnx", "\(folder)/onnx/model.onnx"]
    if let found = places.first(where: FileManager.default.fileExists) { return found }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = names.filter { $0.hasSuffix(".onnx") }.sorted()
    guard files.count == 1, let file = files.first else {
      throw .file(
        path: folder,
        problem: files.isEmpty
          ? "holds no .onnx file (also none in onnx/); export the model first"
          : "holds several .onnx files (\(files.joined(separator: ", "))); name one of them")
    }
    return "\(folder)/\(file)"
  }

  /// `id2label`, whose keys are the numbers of the outputs.
  private static func labels(_ config: JSONValue, path: String) throws(ZooError) -> [String]? {
    guard let members = config["id2label"]?.object, !members.isEmpty else { return nil }
    var labels: [String] = []
    for index in 0..<members.count {
      guard let label = members["\(index)"]?.string else {
        throw .manifest(path: path, problem: "id2label has no name for output \(index) of \(members.count)")
      }
      labels.append(label)
    }
    return labels
  }

  /// A number, `{"height":, "width":}` or `{"shortest_edge":}`.
  private static func size(_ value: JSONValue?) -> PixelSize? {
    if let side = value?.integer ?? value?["shortest_edge"]?.integer {
      return PixelSize(width: side, height: side)
    }
    guard let width = value?["width"]?.integer, let height = value?["height"]?.integer else { return nil }
    return PixelSize(width: width, height: height)
  }

  /// Pillow's numbers.
  private static let kernels: [Int: ResampleKernel] = [
    0: .nearest, 1: .lanczos, 2: .bilinear, 3: .bicubic, 4: .box, 5: .hamming,
  ]

  private static func numbers(
    _ value: JSONValue, crop: PixelSize?, path: String
  ) throws(ZooError) -> UsualContract {
    let rescales = value["do_rescale"]?.bool ?? true
    let normalizes = value["do_normalize"]?.bool ?? (value["image_mean"] != nil)
    let mean = normalizes ? value["image_mean"]?.numbers : [0]
    let std = normalizes ? value["image_std"]?.numbers : [1]
    guard let mean, let std, [1, 3].contains(mean.count), [1, 3].contains(std.count) else {
      throw .manifest(path: path, problem: "image_mean and image_std are not one number or three")
    }
    var contract = UsualContract(
      name: "preprocessor_config.json", reason: "the folder says so",
      scale: rescales ? value["rescale_factor"]?.number ?? 1 / 255 : 1, mean: mean, std: std)
    if value["do_resize"]?.bool ?? true {
      let kernel = kernels[value["resample"]?.integer ?? 2] ?? .bilinear
      let shortest = value["size"]?["shortest_edge"]?.integer ?? (crop == nil ? nil : value["size"]?.integer)
      contract.resize = Preprocessing.Resize(
        kernel: kernel, antialias: kernel != .nearest,
        mode: shortest != nil && crop != nil ? .shortestSideThenCenterCrop : .stretch,
        size: crop == nil ? nil : shortest)
    }
    return contract
  }
}
