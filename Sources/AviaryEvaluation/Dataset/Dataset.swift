import AviaryImage
import AviaryZoo

/// A labelled picture, not yet read.
public struct Sample: Sendable {
  /// Stable within the data set wherever it lies: a path relative to its folder, or file and line.
  public let id: String
  /// Index into the data set's classes.
  public let label: Int
  public let content: any SampleContent

  public init(id: String, label: Int, content: any SampleContent) {
    self.id = id
    self.label = label
    self.content = content
  }
}

/// One split of a data set: an ordered list of samples whose pictures are read one by one.
public struct Dataset: Sendable {
  /// What its provider is called, as in `fer2013:PATH`.
  public let kind: String
  public let path: String
  public let split: String
  /// Class names in the order of the labels.
  public let classes: [String]
  public let samples: [Sample]
  /// Entries that were left out because their label could not be told (`DatasetOptions.skipBad`).
  public let skipped: [DatasetError]
  public let options: DatasetOptions
  /// What is done to every picture before anyone sees it, for studies of robustness.
  public private(set) var change: String?
  private var transform: ImageChange?

  /// Makes another picture of a sample's picture, the same one each time; gets the sample's id.
  public typealias ImageChange = @Sendable (Image, _ id: String) throws(ImageError.Reason) -> Image

  public init(
    kind: String, path: String, split: String, classes: [String], samples: [Sample],
    skipped: [DatasetError] = [], options: DatasetOptions = DatasetOptions()
  ) {
    self.kind = kind
    self.path = path
    self.split = split
    self.classes = classes
    self.samples = samples
    self.skipped = skipped
    self.options = options
  }

  /// `fer2013:path`, for messages.
  public var name: String { "\(kind):\(path)" }

  /// The picture of one sample.
  ///
  /// - Throws: `DatasetError` that names the file or line.
  public func image(_ index: Int) throws(DatasetError) -> Image {
    guard samples.indices.contains(index) else {
      throw .file(
        path: path, problem: "has \(samples.count) samples in '\(split)', none with number \(index)")
    }
    let picture = try samples[index].content.image(options.decode)
    guard let transform else { return picture }
    do throws(ImageError.Reason) {
      return try transform(picture, samples[index].id)
    } catch {
      throw .image(ImageError(path: samples[index].id, reason: error))
    }
  }

  /// The same samples with changed pictures.
  ///
  /// - Parameter name: tells this change from every other one, parameters included.
  public func changed(_ name: String, _ transform: @escaping ImageChange) -> Dataset {
    var copy = self
    copy.change = name
    copy.transform = transform
    return copy
  }

  /// Calls `body` with each sample's position and picture in order.
  ///
  /// - Returns: the errors of the pictures that were skipped; without `options.skipBad` the first is thrown.
  public func forEachImage(_ body: (Int, Image) throws -> Void) throws -> [DatasetError] {
    var bad: [DatasetError] = []
    for index in samples.indices {
      let picture: Image
      do throws(DatasetError) {
        picture = try image(index)
      } catch {
        guard options.skipBad else { throw error }
        bad.append(error)
        continue
      }
      try body(index, picture)
    }
    return bad
  }

  /// How many samples each class has.
  public var counts: [Int] {
    samples.reduce(into: [Int](repeating: 0, count: classes.count)) { counts, sample in
      if counts.indices.contains(sample.label) { counts[sample.label] += 1 }
    }
  }

  /// SHA-256 in hexadecimal over every sample's id, class name and stored bytes, in order. Equal hashes mean
  /// that two evaluations saw the same data.
  public func contentHash() throws(DatasetError) -> String {
    let hash = SHA256()
    func add(_ bytes: [UInt8]) {
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
      hash.update(data: bytes)
    }
    if let change { add(Array("change \(change)".utf8)) }
    for sample in samples {
      add(Array(sample.id.utf8))
      add(Array((classes.indices.contains(sample.label) ? classes[sample.label] : "").utf8))
      do throws(DatasetError) {
        add(try sample.content.bytes())
      } catch {
        guard options.skipBad else { throw error }
        add([])
      }
    }
    return FileDigest.hex(hash.finalize())
  }
}
