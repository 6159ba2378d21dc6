import AviaryImage
import Foundation

/// Says which faces of consecutive pictures are one and the same, by how much their boxes overlap.
///
/// A value that belongs to one film; the faces of each picture are given in the order of time.
public struct FaceTracker: Sendable {
  /// Intersection over union that two boxes of one face have at least, 0...1.
  public var minimumOverlap = 0.3
  /// How long a face may be out of sight and still be the same, in seconds.
  public var patience = 0.5

  private struct Track {
    let number: Int
    var box: DetectedFace
    var seen: Double
  }

  private var tracks: [Track] = []
  private var next = 1

  public init() {}

  /// A number for each face of a picture, from 1 up; the same for the same face.
  ///
  /// The pair that overlaps most is matched first.
  ///
  /// - Parameter seconds: when the picture was taken; not before the one before.
  public mutating func update(_ faces: [DetectedFace], at seconds: Double) -> [Int] {
    tracks.removeAll { seconds - $0.seen > patience }
    var pairs: [(overlap: Double, face: Int, track: Int)] = []
    for (face, box) in faces.enumerated() {
      for (track, known) in tracks.enumerated() {
        let overlap = box.overlap(known.box)
        if overlap >= minimumOverlap { pairs.append((overlap, face, track)) }
      }
    }
    pairs.sort { ($0.overlap, $1.face, $1.track) > ($1.overlap, $0.face, $0.track) }
    var numbers = [Int](repeating: 0, count: faces.count)
    var taken = Set<Int>()
    for pair in pairs where numbers[pair.face] == 0 && taken.insert(pair.track).inserted {
      numbers[pair.face] = tracks[pair.track].number
      tracks[pair.track].box = faces[pair.face]
      tracks[pair.track].seen = seconds
    }
    for face in faces.indices where numbers[face] == 0 {
      numbers[face] = next
      tracks.append(Track(number: next, box: faces[face], seen: seconds))
      next += 1
    }
    return numbers
  }
}

extension DetectedFace {
  /// Intersection over union of two boxes, 0...1.
  public func overlap(_ other: DetectedFace) -> Double {
    let width = min(x + self.width, other.x + other.width) - max(x, other.x)
    let height = min(y + self.height, other.y + other.height) - max(y, other.y)
    guard width > 0, height > 0 else { return 0 }
    let shared = width * height
    let united = self.width * self.height + other.width * other.height - shared
    return united > 0 ? min(1, shared / united) : 0
  }
}

/// Evens out the scores of each track over time: an exponential mean whose weights depend on how much time
/// has passed, so that it is the same for every rate of pictures.
public struct ScoreSmoother: Sendable {
  /// After so many seconds a change shows by 63 %; 0 smooths nothing.
  public var timeConstant: Double

  private struct Key: Hashable {
    let track: Int
    let model: String
  }

  private var means: [Key: (seconds: Double, scores: [Float])] = [:]

  public init(timeConstant: Double = 0.5) { self.timeConstant = timeConstant }

  /// The mean up to now; the first scores of a track are their own mean.
  public mutating func update(track: Int, model: String, scores: [Float], at seconds: Double) -> [Float] {
    let key = Key(track: track, model: model)
    var mean = scores
    if let known = means[key], known.scores.count == scores.count, timeConstant > 0 {
      let weight = Float(1 - exp(-max(0, seconds - known.seconds) / timeConstant))
      mean = zip(known.scores, scores).map { $0 + weight * ($1 - $0) }
    }
    means[key] = (seconds, mean)
    return mean
  }
}
