import ArgumentParser
import Aviary

/// Refuses a name that would break the line or table in which it is shown.
///
/// - Throws: `ValidationError` naming the option.
func refuseControls(_ text: String?, _ option: String) throws {
  guard let text, text.printable != text || text.contains(where: { $0.isNewline || $0 == "\t" }) else { return }
  throw ValidationError("\(option): must be one line without control characters")
}
