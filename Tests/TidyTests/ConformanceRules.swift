import Testing

/// Each implementation of a slot is held to the slot's laws by a test that calls its suite.
@Suite struct `Conformances` {
  /// The protocols of the two pages of slots.
  static func slots() throws -> [String] {
    let pattern = try Pattern(#"^public protocol (\w+)"#)
    return try ["Sources/ControlSlots", "Sources/LearningSlots"].flatMap { folder in
      try Repository.files(under: [folder], endings: [".swift"]).flatMap { file in
        pattern.matches(in: file.text).map { $0.groups[1] }
      }
    }
  }

  /// The types in Swift text that conform to one of the slots.
  static func conformances(in text: String, to slots: [String]) throws -> [Conformance] {
    let heads = try Pattern(
      #"\b(?:struct|class|enum|actor|extension)\s+(\w+)\s*(?:<[^{]*?>)?\s*:\s*([^{]*)\{"#)
    let word = try Pattern(#"~?[\w.]+"#)
    return heads.matches(in: CodeOnly.of(text)).flatMap { head in
      let list = String(head.groups[2].split(separator: " where ").first ?? "")
      let names = Set(word.matches(in: list).map { $0.groups[0] })
      return slots.filter(names.contains).map { Conformance(type: head.groups[1], slot: $0) }
    }
  }

  /// A type and the slot that it fills.
  struct Conformance: Equatable {
    let type: String
    let slot: String
  }

  @Test func `each is tested by the laws of its slot`() throws {
    let slots = try Self.slots()
    let tests = try Repository.files(under: ["Tests"], endings: [".swift"])
    for file in try Repository.files(under: ["Sources"], endings: [".swift"]) {
      for found in try Self.conformances(in: file.text, to: slots) {
        let suite = try Pattern(#"\bexpect\#(found.slot)Laws\b"#)
        let type = try Pattern(#"\b\#(found.type)\b"#)
        let isTested = tests.contains { test in
          let code = CodeOnly.of(test.text)
          return !test.path.hasPrefix("Tests/Conformance/")
            && !suite.matches(in: code).isEmpty && !type.matches(in: code).isEmpty
        }
        #expect(isTested, "\(file.path): no test calls expect\(found.slot)Laws for \(found.type)")
      }
    }
  }

  @Test func `the slots are found`() throws {
    let slots = try Self.slots()
    for slot in ["ArmDriver", "Controller", "Policy", "RewardSource", "ResetPolicy", "Learner"] {
      #expect(slots.contains(slot))
    }
  }

  @Test func `a conformance is seen in each of its forms`() throws {
    let text = """
      public struct Damping<A: Policy>: Sendable, Controller, ~Copyable where A: Learner {
      }
      extension SimulatedArm: ArmDriver {}
      struct Other: Sendable {}
      // struct Commented: Controller {}
      """
    let slots = ["Controller", "ArmDriver", "Policy", "Learner"]
    let expected = [
      Conformance(type: "Damping", slot: "Controller"),
      Conformance(type: "SimulatedArm", slot: "ArmDriver"),
    ]
    #expect(try Self.conformances(in: text, to: slots) == expected)
  }
}
