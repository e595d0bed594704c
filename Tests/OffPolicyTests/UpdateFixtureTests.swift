import NeuralNetworks
import OffPolicy
import Tensors
import Testing

/// Whole updates against JAX and Optax in double precision, see `Fixtures/rlpd.py`.
@Suite struct UpdateFixtureTests {
  /// How the kernels run.
  struct Setting: Sendable, CustomTestStringConvertible {
    var threads: Int
    var variant: KernelVariant
    var testDescription: String { "\(variant), \(threads) threads" }
  }

  static let cases = ["wide", "backup", "demonstrations", "bounds"]
  static let settings = KernelVariant.allCases.filter { $0 <= .best }.flatMap { variant in
    [1, 2].map { Setting(threads: $0, variant: variant) }
  }

  /// Largest difference, as a part of an array's largest number.
  ///
  /// JAX itself in single precision is up to 1e-6 away from double, and so is the learner.
  static let tolerance: Float = 5e-6

  private func expectEqual(_ found: [Float], _ expected: [Float], _ name: String) {
    #expect(found.count == expected.count, "\(name)")
    let largest = expected.map { abs($0) }.max() ?? 0
    let errors = zip(found, expected).map { abs($0 - $1) / largest }
    // Asks for what is right, so that no NaN passes.
    let isNear = errors.allSatisfy { $0 <= Self.tolerance }
    #expect(isNear, "\(name): up to \(errors.max() ?? .nan) of its largest number away")
  }

  /// Arrays of the fixture under a prefix against those of the learner as it is.
  private func expectEqual(
    _ learner: borrowing RLPD, _ fixture: UpdateFixture, _ prefix: String, insteadOf part: String
  ) throws {
    let found = learner.checkpoint()
    let expected = fixture.file.arrays.filter { $0.name.hasPrefix(prefix) }
    #expect(!expected.isEmpty)
    for array in expected {
      let name = part + array.name.dropFirst(prefix.count)
      let shape = array.shape.map { Int?($0) }
      if array.element == .u64 {
        let words = try fixture.file.words(array.name, shape: shape)
        #expect(try found.words(name, shape: shape) == words, "\(array.name)")
      } else {
        expectEqual(
          try found.floats(name, shape: shape), try fixture.file.floats(array.name, shape: shape),
          array.name)
      }
    }
  }

  @Test(arguments: cases, settings) func `updates are those that JAX makes`(
    name: String, setting: Setting
  ) throws {
    let fixture = try UpdateFixture(name)
    var configuration = try fixture.configuration()
    (configuration.threads, configuration.variant) = (setting.threads, setting.variant)
    var learner = RLPD(configuration, seed: fixture.seed)
    try expectEqual(learner, fixture, "streams", insteadOf: "streams")
    try learner.restore(fixture.file)
    var untouched: Set = ["actor", "critics", "temperature"]
    var reports: [RLPDReport] = []
    let expected = try fixture.file.rows("reports").map(Array.init)
    for update in expected.indices {
      let report = learner.update(from: try fixture.batch(update, configuration))
      reports.append(report)
      for network in report.updatedActor ? untouched : untouched.intersection(["critics"]) {
        untouched.remove(network)
        try expectEqual(
          learner, fixture, "gradient.\(network).", insteadOf: "\(network).adam.first.")
      }
    }
    #expect(untouched.isEmpty)
    for (column, (name, _)) in RLPDReport().values.enumerated() {
      expectEqual(
        reports.map { $0.values[column].value }, expected.map { $0[column] }, "reports of \(name)")
    }
    try expectEqual(learner, fixture, "end.", insteadOf: "")
  }
}
