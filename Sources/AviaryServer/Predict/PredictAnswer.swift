import Aviary

/// What `POST /v1/predict` answers.
struct PredictAnswer: Sendable {
  struct Prediction: Sendable {
    let model: String
    /// The likeliest first.
    let scores: [(label: String, probability: Float)]
    let milliseconds: Double
  }

  struct Face: Sendable {
    let box: DetectedFace
    let predictions: [Prediction]
  }

  var width = 0
  var height = 0
  var detector = ""
  var models: [String] = []
  var faces: [Face] = []
  /// Milliseconds.
  var decode = 0.0
  var detect = 0.0
  var total = 0.0

  var json: JSONWriter {
    var json = JSONWriter(capacity: 512 + faces.count * models.count * 512)
    json.object { json in
      json.member("width", width)
      json.member("height", height)
      json.member("detector", detector)
      json.key("milliseconds")
      json.object {
        $0.member("decode", Self.rounded(decode))
        $0.member("detect", Self.rounded(detect))
        $0.member("total", Self.rounded(total))
      }
      json.member("models", models)
      json.key("faces")
      json.array { json in for face in faces { Self.write(face, to: &json) } }
    }
    return json
  }

  private static func write(_ face: Face, to json: inout JSONWriter) {
    json.object { json in
      json.key("box")
      json.object {
        $0.member("x", face.box.x)
        $0.member("y", face.box.y)
        $0.member("width", face.box.width)
        $0.member("height", face.box.height)
      }
      json.member("score", face.box.score)
      json.key("landmarks")
      json.array { json in
        for point in face.box.landmarks {
          json.object {
            $0.member("x", point.x)
            $0.member("y", point.y)
          }
        }
      }
      json.key("predictions")
      json.array { json in for prediction in face.predictions { write(prediction, to: &json) } }
    }
  }

  private static func write(_ prediction: Prediction, to json: inout JSONWriter) {
    json.object { json in
      json.member("model", prediction.model)
      json.member("label", prediction.scores.first?.label ?? "")
      json.member("milliseconds", rounded(prediction.milliseconds))
      json.key("probabilities")
      json.array { json in
        for score in prediction.scores {
          json.object {
            $0.member("label", score.label)
            $0.member("probability", score.probability)
          }
        }
      }
    }
  }

  /// To microseconds.
  private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }
}
