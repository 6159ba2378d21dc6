import AviaryImage
import CAviaryPlugin

/// A preprocessing step of a loaded plugin.
///
/// Why `@unchecked Sendable` holds: as for `ForeignOperatorTable`.
struct ForeignStep: PreprocessingStep, @unchecked Sendable {
  let name: String
  let summary: String
  private let plugin: String
  private let table: AviaryStep

  /// - Throws: `CallFailure.broken` for whatever is wrong with the table.
  init(_ table: AviaryStep, plugin: String) throws(CallFailure) {
    name = try foreignText(table.name, "the name of a preprocessing step")
    summary = try foreignText(table.summary, "the summary of preprocessing step '\(name)'")
    try requireCallbacks(
      ["create": table.create != nil, "destroy": table.destroy != nil, "apply": table.apply != nil],
      "preprocessing step '\(name)'")
    self.table = table
    self.plugin = plugin
  }

  func transform(_ parameters: inout StepParameters) throws(PreprocessingError) -> ImageTransform {
    let instance: Instance
    do throws(CallFailure) { instance = try make(parameters.all()) } catch {
      throw PreprocessingError(field: "steps", problem: "step '\(name)' of plugin '\(plugin)': \(error)")
    }
    return { (image) throws(ImageError.Reason) in
      do throws(CallFailure) { return try instance.apply(image) } catch {
        throw .step(name, "of plugin '\(plugin)': \(error)")
      }
    }
  }

  /// - Throws: `CallFailure`.
  func make(_ parameters: [String: StepParameter]) throws(CallFailure) -> Instance {
    guard let create = table.create else { throw .broken("it has no function 'create'") }
    let arena = ForeignArena()
    var values: [AviaryAttribute?] = []
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      values.append(try .parameter(name, value, arena))
    }
    let pointers = arena.pointers(values)
    var handle: UnsafeMutableRawPointer?
    try foreignCall("create") { message in
      create(table.`self`, Int32(values.count), pointers, &handle, message)
    }
    withExtendedLifetime(arena) {}
    return Instance(table, handle)
  }

  /// A step with its parameters; released with the last picture that needs it.
  final class Instance: @unchecked Sendable {
    private let table: AviaryStep
    private let handle: UnsafeMutableRawPointer?

    init(_ table: AviaryStep, _ handle: UnsafeMutableRawPointer?) {
      self.table = table
      self.handle = handle
    }

    deinit { table.destroy?(table.`self`, handle) }

    /// - Throws: `CallFailure`.
    func apply(_ image: Image) throws(CallFailure) -> Image {
      guard let apply = table.apply else { throw .broken("it has no function 'apply'") }
      var result: Image?
      try image.withForeign { (view) throws(CallFailure) in
        result = try ForeignImageHost.image("apply") { apply(table.`self`, handle, view, $0, $1) }
      }
      guard let result else { throw .broken("apply gave no picture") }
      return result
    }
  }
}
