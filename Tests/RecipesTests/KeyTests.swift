import Foundation
import Recipes
import Testing

@Suite struct KeyTests {
  /// Keys that came after recipes were first recorded: each has a default.
  static let optional: Set<String> = [
    "toolTurnSpeed", "positionMargin", "leastInertia", "contactForce", "contactMoment",
    "setpointJump", "setpointTurn", "fenceSlack", "fenceMargin", "fenceTurnMargin", "gains",
    "saturatedTicks", "holdStiffness", "standingSpeed", "standingTime", "longestDamping",
  ]

  static func isOptional(_ key: YAMLKey, in file: String) -> Bool {
    file == RecipeFiles.robot && key.path.hasPrefix("safety.")
      && key.path.split(separator: ".").contains { optional.contains(String($0)) }
  }

  @Test(arguments: RecipeFiles.all) func `the line reader finds the keys`(file: String) throws {
    #expect(YAMLKey.keys(of: try RecipeFiles.original(file)).count > 25)
  }

  /// Keys that came after episodes had been recorded, which embed their recipe.
  private static func mayBeLeftOut(_ path: String) -> Bool {
    ["supervision", "actors"].contains(path.split(separator: ".").first)
  }

  @Test(arguments: RecipeFiles.all) func `a missing key is named`(file: String) throws {
    let files = try RecipeFiles()
    let text = try RecipeFiles.original(file)
    for key in YAMLKey.keys(of: text) {
      let refusal = try files.refusal(of: key.removed(from: text), in: file)
      if Self.mayBeLeftOut(key.path) || Self.isOptional(key, in: file) {
        #expect(refusal == nil, "\(file): \(key)")
        continue
      }
      guard case .missingKey(_, let named, _)? = refusal else {
        Issue.record("\(file): without \(key) there is no complaint of a missing key")
        continue
      }
      #expect(named == key.path)
    }
  }

  @Test(arguments: RecipeFiles.all) func `a key misspelt by one letter is recognised`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    let text = try RecipeFiles.original(file)
    for key in YAMLKey.keys(of: text) {
      let letters = Array(key.name)
      let middle = letters.count / 2
      var swapped = letters
      swapped.swapAt(middle - 1, middle)
      let misspelt = [
        String(letters.dropLast()), String(letters[..<middle]) + "q" + String(letters[middle...]),
        "x" + String(letters.dropFirst()), String(swapped), key.name + "s",
      ]
      for other in misspelt where other != key.name {
        let refusal = try files.refusal(of: key.renamed(other, in: text), in: file)
        guard case .unknownKey(let place, let named, let nearest, _)? = refusal else {
          Issue.record("\(file): \(key) as \(other): \(String(describing: refusal))")
          continue
        }
        #expect(named == String(key.path.dropLast(key.name.count)) + other)
        #expect(nearest == key.name)
        #expect(place == .line(file: files.root + "/" + file, key.line))
      }
    }
  }

  @Test func `an unknown key without a likeness is answered with the valid ones`() throws {
    let files = try RecipeFiles()
    let refusal = files.refusal(of: "pace.zzzzzzzz=1")
    #expect(
      refusal?.description
        == "pace.zzzzzzzz=1: pace.zzzzzzzz: unknown key; choose from lag, publishEvery")
  }

  @Test func `a refusal is one line of file, line, key, problem and remedy`() throws {
    let files = try RecipeFiles()
    let text = "# title\n" + (try RecipeFiles.original(RecipeFiles.launch))
    let misspelt = text.replacingOccurrences(of: "ensemble:", with: "ensembel:")
    let line = text.components(separatedBy: "\n").firstIndex { $0.hasPrefix("  ensemble:") } ?? 0
    let refusal = try files.refusal(of: misspelt, in: RecipeFiles.launch)
    #expect(
      refusal?.description == "\(files.root)/Launch/pcb-insertion.yaml:\(line + 1): "
        + "learner.ensembel: unknown key; did you mean \"ensemble\"?")
  }
}
