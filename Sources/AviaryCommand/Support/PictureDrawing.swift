import Aviary
import Foundation

/// Draws what was found over pictures.
final class PictureDrawing {
  private let path: String
  private let isFolder: Bool
  private var written = Set<String>()

  /// - Parameter isFolder: whether each picture gets a file of its own in a folder.
  /// - Throws: `CommandError` where the folder cannot be made.
  init(_ path: String, isFolder: Bool) throws {
    self.path = path
    self.isFolder = isFolder
    guard isFolder else { return }
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw CommandError("\(path): cannot be made: \(error.localizedDescription)")
    }
  }

  /// - Throws: `ReportError`, `CommandError` where the file cannot be written.
  func draw(_ analysis: FaceAnalysis, on image: Image, _ source: String) throws {
    let marks = analysis.faces.enumerated().map { index, face in
      AnnotatedPicture.Mark(
        face: face.box,
        lines: face.answers.map { answer in
          let probability = answer.scores.map(\.probability).max() ?? 0
          let prefix = face.answers.count > 1 ? "\(answer.model): " : ""
          return "\(prefix)\(answer.label) \(fixed(100 * Double(probability), 0)) %"
        }, color: index % 8)
    }
    let data = try AnnotatedPicture(image, marks: marks).png()
    var file = path
    if isFolder {
      let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
      file = "\(path)/\(name).png"
      // Two pictures of one name lie in different folders.
      var number = 2
      while written.contains(file) {
        file = "\(path)/\(name)-\(number).png"
        number += 1
      }
      written.insert(file)
    }
    do { try data.write(to: URL(fileURLWithPath: file), options: .atomic) } catch {
      throw CommandError("\(file): cannot be written: \(error.localizedDescription)")
    }
  }
}
