import Testing

import Exports

@Suite struct `Rules of episodes` {
  private static let description = ExportDescription.sized(3, 2)

  /// A change that breaks a rule, and words of the error.
  struct Fault: Sendable, CustomTestStringConvertible {
    let words: String
    let change: @Sendable (inout ExportedEpisode) -> Void
    var testDescription: String { words }
  }

  static let faults: [Fault] = [
    Fault(words: "has no steps") {
      ($0.observations, $0.actions, $0.rewards) = ([], [], [])
      ($0.nextObservations, $0.robotSeconds, $0.wallSeconds) = ([], [], [])
    },
    Fault(words: "has 4 observations for 5 actions") { $0.observations.removeLast() },
    Fault(words: "has 6 next observations for 5") { $0.nextObservations.append([0, 0, 0]) },
    Fault(words: "has 5 observations for 4 actions") { $0.actions.removeFirst() },
    Fault(words: "has 4 rewards for 5") { $0.rewards.removeLast() },
    Fault(words: "has 4 robot times for 5") { $0.robotSeconds.removeLast() },
    Fault(words: "has 6 wall times for 5") { $0.wallSeconds.append(1) },
    Fault(words: "has 1 states for 5") { $0.states = [[1]] },
    Fault(words: "its states hold no numbers") { $0.states = Array(repeating: [], count: 5) },
    Fault(words: "step 4 has 6 numbers of states; 5 are expected") { $0.states[4].append(0) },
    Fault(words: "step 1 has 2 numbers of observations; 3 are") { $0.observations[1] = [0, 0] },
    Fault(words: "step 3 has 4 numbers of next observations") { $0.nextObservations[3].append(0) },
    Fault(words: "step 0 has 0 numbers of actions; 2 are expected") { $0.actions[0] = [] },
    Fault(words: "step 2 has an action of 1.0000001; the range is -1…1") {
      $0.actions[2][1] = Float(1).nextUp
    },
    Fault(words: "step 2 has an action of -1.5") { $0.actions[2][0] = -1.5 },
    Fault(words: "step 1 has a number of actions that is not finite") { $0.actions[1][0] = .nan },
    Fault(words: "step 2 has a number of observations that") { $0.observations[2][2] = .infinity },
    Fault(words: "step 2 has a number of next observations") { $0.nextObservations[2][2] = .nan },
    Fault(words: "step 0 has a number of rewards that is not") { $0.rewards[0] = -.infinity },
    Fault(words: "step 3 has a number of states that is not finite") { $0.states[3][0] = .nan },
    Fault(words: "step 1 has a robot time of nan s; the range is ±1e12 s") {
      $0.robotSeconds[1] = .nan
    },
    Fault(words: "step 4 has a wall time of 10000000000000.0 s") { $0.wallSeconds[4] = 1e13 },
    Fault(words: "its task has 65537 bytes; at most 65536") {
      $0.task = String(repeating: "a", count: 65537)
    },
    Fault(words: "its source holds a NUL") { $0.source += "\0" },
    Fault(words: "its task holds a NUL") { $0.task = "a\0" },
    Fault(words: "its model holds a NUL") { $0.modelXML = "a\0" },
  ]

  @Test(arguments: faults) func `each fault is one line that names the source`(
    fault: Fault
  ) throws {
    var generator = SplitMix(state: 3)
    var episode = generator.episode(Self.description, steps: 5)
    episode.source = "runs/a\nb.mcap"
    try episode.check(against: Self.description)
    fault.change(&episode)
    let error = #expect(throws: ExportError.self) {
      try episode.check(against: Self.description)
    }
    let line = error.map { "\($0)" } ?? ""
    #expect(line.hasPrefix("runs/a b.mcap"))
    #expect(line.contains(fault.words), "\(line)")
    #expect(!line.contains { $0.isNewline })
  }

  @Test func `the ends of the range are in it`() throws {
    var generator = SplitMix(state: 4)
    var episode = generator.episode(Self.description, steps: 1, hasStates: false)
    episode.actions = [[-1, 1]]
    try episode.check(against: Self.description)
  }

  @Test func `descriptions are held to rules`() throws {
    try Self.description.check()
    let changes: [(String, (inout ExportDescription) -> Void)] = [
      ("0 frames per second", { $0.framesPerSecond = 0 }),
      ("no observation is named", { $0.observationNames = [] }),
      ("70000 action names", { $0.actionNames = (0..<70_000).map(String.init) }),
      ("no action is named", { $0.actionNames = [] }),
      ("observation name \"b\" is empty or used twice", { $0.observationNames = ["b", "a", "b"] }),
      ("action name \"\" is empty", { $0.actionNames = [""] }),
      ("NUL", { $0.environment = "\0" }),
    ]
    for (words, change) in changes {
      var description = Self.description
      change(&description)
      let error = #expect(throws: ExportError.self) { try description.check() }
      #expect(error.map { "\($0)".contains(words) } == true, "\(words)")
      for format in Format.allCases {
        let scratch = try Scratch()
        #expect(throws: ExportError.self) {
          _ = try format.export(to: scratch.path("a"), description, [])
        }
        #expect(scratch.names() == [])
      }
    }
  }
}
