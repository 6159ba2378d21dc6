import Foundation

/// The result of an evaluation or a comparison before it has a form.
public struct ReportDocument: Sendable {
  /// A heading and what stands below it.
  public struct Section: Sendable {
    public let title: String
    public let table: Table
    /// How people read it in text of fixed width, where that is not `Table.text()` (the classification report
    /// has the layout of scikit-learn's).
    public let text: String?

    public init(_ title: String, _ table: Table, text: String? = nil) {
      self.title = title
      self.table = table
      self.text = text
    }
  }

  /// Names and values that say what was judged on what.
  public let facts: [(name: String, value: String)]
  public let sections: [Section]
  /// Everything, for machines.
  public let data: any Encodable & Sendable

  public init(
    facts: [(name: String, value: String)], sections: [Section], data: any Encodable & Sendable
  ) {
    self.facts = facts
    self.sections = sections
    self.data = data
  }
}

/// A way to write reports, registered by a plugin.
public protocol ReportFormat: Sendable {
  /// What `--format` calls it; lower case.
  var name: String { get }
  /// One line for lists.
  var summary: String { get }
  /// Of files in this format, without the dot.
  var fileExtension: String { get }

  /// The whole document.
  ///
  /// - Throws: `ReportError`.
  func write(_ document: ReportDocument) throws(ReportError) -> Data
}
