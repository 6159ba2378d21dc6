import Foundation

/// What is wrong with a model that came from an address, said with that address in place of the file that the
/// download is kept in.
struct FetchedModelError: Error, CustomStringConvertible {
  let reason: any Error
  let description: String

  init(_ reason: any Error, path: String, address: String) {
    self.reason = reason
    description = ExitStatus.describe(reason).replacingOccurrences(of: path, with: address)
  }
}
