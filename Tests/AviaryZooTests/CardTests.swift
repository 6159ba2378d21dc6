import Aviary
import Foundation
import TestSupport
import Testing

/// A card is written anew without losing what somebody wrote into it.
@Suite struct CardTests {
  private func manifest() throws -> ModelManifest {
    try ModelManifest(contentsOf: Shipped.zoo.appendingPathComponent("fer-cnn-plain/model.json").path)
  }

  /// Cards have one writer: what stands in the zoo is what it writes.
  @Test func shippedCardsAreUpToDate() throws {
    for entry in ZooIndex(path: Shipped.zoo.path).entries {
      let existing = try String(contentsOfFile: "\(entry.folder)/CARD.md", encoding: .utf8)
      let picture = "confusion_matrix.svg"
      let hasPicture = FileManager.default.fileExists(atPath: "\(entry.folder)/\(picture)")
      let card = try ModelCard(
        entry.manifest.get(), existing: existing, picture: hasPicture ? picture : nil
      ).text
      #expect(card == existing, "aviary zoo card \(entry.id) --write")
    }
  }

  @Test func stepsAreShown() throws {
    var manifest = try manifest()
    let steps = Preprocessing.Step("blur", ["radius": .number(2), "edges": .flag(true), "by": .numbers([1, 0.5])])
    manifest.input.steps = [Preprocessing.Step("equalize"), steps]
    #expect(ModelCard(manifest).text.contains("steps: equalize, blur (by [1, 0.5], edges true, radius 2); "))
  }

  private static let written = """
    # An old name

    An old description.

    | | |
    |---|---|
    | file | `old.onnx` |

    A word by hand before the first section.

    ## History

    - one

      of two paragraphs

    ## Results

    Read this first.

    | data | images | accuracy | balanced accuracy | macro F1 | log-loss |
    |---|---|---|---|---|---|
    | old data | 1 | 1% | 1% | 0.1 | 9 |

    ### By hand

    | my own | table |
    |---|---|
    | 1 | 2 |

    ```
    | code |

    ## no heading
    ```

    ## Limits
    Right under its heading.
    """

  @Test func whatWasWrittenByHandStays() throws {
    let manifest = try manifest()
    let card = ModelCard(manifest, existing: Self.written).text
    let kept = [
      "A word by hand before the first section.", "- one\n\n  of two paragraphs", "Read this first.",
      "### By hand\n\n| my own | table |\n|---|---|\n| 1 | 2 |", "```\n| code |\n\n## no heading\n```",
      "## Limits\nRight under its heading.",
    ]
    var rest = card[...]
    for part in kept {
      let found = try #require(rest.range(of: part), "\(part)")
      rest = rest[found.upperBound...]
    }
    for old in ["An old", "old.onnx", "old data"] { #expect(!card.contains(old), "\(old)") }
    for metrics in manifest.metrics ?? [] { #expect(card.contains("| \(metrics.data) |")) }
    // The new table stands where the old one stood.
    let first = try #require(card.range(of: "Read this first.")), hand = try #require(card.range(of: "### By hand"))
    let table = try #require(card.range(of: "| data | images |"))
    #expect(first.upperBound < table.lowerBound && table.upperBound < hand.lowerBound)
    #expect(ModelCard(manifest, existing: card).text == card)
  }

  @Test(arguments: [nil, "", "# Only a title\n", "## Limits\n\nNone.\n"])
  func cardsThatLackSomething(_ existing: String?) throws {
    let manifest = try manifest()
    let card = ModelCard(manifest, existing: existing, picture: "confusion_matrix.svg").text
    #expect(card.hasPrefix("# \(manifest.name)\n\n"))
    #expect(card.contains("## Results\n\n![Confusion matrix](confusion_matrix.svg)\n\n| data | images |"))
    if existing?.contains("Limits") == true { #expect(card.hasSuffix("|\n\n## Limits\n\nNone.\n")) }
    #expect(ModelCard(manifest, existing: card, picture: "confusion_matrix.svg").text == card)
  }

  @Test func aModelThatWasNotEvaluated() throws {
    var manifest = try manifest()
    manifest.metrics = nil
    let card = ModelCard(manifest).text
    #expect(card.contains("Not evaluated yet: `aviary evaluate fer-cnn-plain"))
    manifest.metrics = try self.manifest().metrics
    #expect(!ModelCard(manifest, existing: card).text.contains("Not evaluated yet"))
  }
}
