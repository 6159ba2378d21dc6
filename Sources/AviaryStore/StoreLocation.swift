import Foundation

/// Where runs are stored where nobody says: `AVIARY_STORE`, else `aviary/runs.sqlite` in the user's data
/// folder (`XDG_DATA_HOME`, by default `~/.local/share`).
public enum StoreLocation {
  /// - Parameter explicit: what the user names.
  /// - Returns: `nil` where there is neither a name nor a home.
  public static func path(
    explicit: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    func named(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
    if let explicit { return explicit }
    if let path = named("AVIARY_STORE") { return path }
    // The standard: a relative path here is to be ignored.
    let data = named("XDG_DATA_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (data ?? named("HOME").map { "\($0)/.local/share" }).map { "\($0)/aviary/runs.sqlite" }
  }
}
